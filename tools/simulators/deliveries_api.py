"""The HTTP interface to what a receiver kept: list by page, count, statistics, one as it came."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tools.simulators.deliveries import Deliveries, Delivery

PAGE_LINES = 50
MOST_LINES = 500


def wanted_page(deliveries: Deliveries, request: Request) -> tuple[list[Delivery], int | None]:
    """Newest first, by `limit`, `before` (a number) and `q` (in recipient or subject); and the next `before`."""
    query = request.query_params
    try:
        before = int(query["before"]) if "before" in query else None
        limit = min(max(int(query.get("limit", PAGE_LINES)), 1), MOST_LINES)
    except ValueError as wrong:
        raise HTTPException(400, f"Invalid parameter: {wrong}") from wrong
    found = deliveries.listed(before, limit, query.get("q", ""))
    return found, found[-1].number if len(found) == limit else None


def one(deliveries: Deliveries, request: Request) -> Delivery:
    found = deliveries.find(request.path_params["number"])
    if found is None:
        raise HTTPException(404, "No such delivery")
    return found


def delivery_routes(deliveries: Deliveries, noun: str, media_type: str) -> list[Route]:
    """GET /api/<noun>, /api/<noun>/{number}/raw, /api/count."""

    async def listing(request: Request) -> Response:
        found, following = wanted_page(deliveries, request)
        return JSONResponse({noun: [delivery.summary() for delivery in found], "next": following})

    async def raw(request: Request) -> Response:
        return Response(one(deliveries, request).raw, media_type=media_type)

    async def count(_: Request) -> Response:
        return JSONResponse({"count": deliveries.count()})

    return [
        Route(f"/api/{noun}", listing),
        Route(f"/api/{noun}/{{number:int}}/raw", raw),
        Route("/api/count", count),
    ]

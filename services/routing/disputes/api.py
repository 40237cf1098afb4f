"""Areas with many disputes about who signed, over HTTP (RO-13)."""

from datetime import datetime

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.routing.disputes.areas import AreaWatch
from services.routing.disputes.rules import HotAreas
from shared.clock import Clock
from shared.openapi import JSON, PROBLEM, Answer, RouteDoc
from shared.security.tokens import TokenVerifier

READERS = ("lead", "supervisor")
PATH = "/v1/sign-disputes/areas"


class AreaRow(BaseModel):
    area: str
    disputes: int
    hot: bool


class AreaTable(BaseModel):
    since: datetime = Field(description="beginning of the window")
    threshold: int = Field(description="so many disputes make an area hot")
    areas: tuple[AreaRow, ...]


def routes(watch: AreaWatch, rules: HotAreas, clock: Clock, verifier: TokenVerifier) -> list[Route]:
    async def areas(request: Request) -> Response:
        verifier.require(request, *READERS)
        rows = tuple(AreaRow(area=a.name, disputes=a.disputes, hot=a.hot) for a in await watch.areas())
        table = AreaTable(since=clock.now() - rules.window, threshold=rules.disputes, areas=rows)
        return Response(table.model_dump_json(), media_type=JSON, headers={"Cache-Control": "no-store"})

    return [Route(PATH, areas, methods=["GET"])]


ROUTES: tuple[RouteDoc, ...] = (
    RouteDoc(
        PATH,
        "GET",
        "Disputes about who signed by area, within the window of signing.yaml; hot: too many",
        responses={
            200: Answer("the most disputed area first", AreaTable),
            401: Answer("no valid token", content_type=PROBLEM),
            403: Answer("not this role", content_type=PROBLEM),
        },
        roles=READERS,
    ),
)

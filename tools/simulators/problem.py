"""RFC 9457 problem details, as these providers answer mistakes."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


def problem(status: int, title: str, detail: str = "", headers: dict[str, str] | None = None) -> JSONResponse:
    body = {"type": "about:blank", "title": title, "status": status} | ({"detail": detail} if detail else {})
    return JSONResponse(body, status, headers, media_type="application/problem+json")


async def refuse(_: Request, error: Exception) -> Response:
    """Starlette's HTTPException as a problem."""
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail))

"""HTTP for the outside: RFC 9457 problem details, and bodies read with a limit."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import orjson
import structlog
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

log = structlog.get_logger()

M = TypeVar("M", bound=BaseModel)
_ETAG = re.compile(r'(?:W/)?"(\d{1,15})"')


class Problem(Exception):
    """An error that the sender can mend: answered as application/problem+json. `extensions` must hold no
    personal data; `headers` e.g. Retry-After."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.extensions = extensions

    def response(self) -> Response:
        content = {"type": "about:blank", "title": self.title, "status": self.status, **self.extensions}
        if self.detail:
            content["detail"] = self.detail
        return Response(orjson.dumps(content), self.status, self.headers, media_type="application/problem+json")


async def read_body(request: Request, limit: int) -> bytes:
    """The body; `Problem` 413 as soon as it grows over `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > 15 or int(declared) > limit):
        raise Problem(413, "Body too large", f"The limit is {limit} bytes.")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise Problem(413, "Body too large", f"The limit is {limit} bytes.")
    except ClientDisconnect as error:
        raise Problem(400, "Body incomplete", "The connection ended before the body did.") from error
    return bytes(body)


def parse_model(model: type[M], body: bytes) -> M:
    """The body as `model`; `Problem` 400 (not JSON) or 422 with the fields at fault, never their values."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, "Body is not JSON", f"{error.msg} at character {error.pos}.") from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Problem(422, "Body is not valid", errors=fields_at_fault(error)) from error


def if_match(request: Request, of: str) -> int:
    """The version of `of` (a word for people: case) that its reader saw.

    `Problem` 428 without the header, 400 where it is not one ETag.
    """
    header = request.headers.get("if-match")
    if header is None:
        raise Problem(428, "If-Match is missing", f'Send the ETag of the {of} as you read it, e.g. If-Match: "3".')
    match = _ETAG.fullmatch(header.strip())
    if match is None:
        raise Problem(400, "If-Match is not valid", 'Send one ETag, e.g. "3".')
    return int(match[1])


async def read_model(request: Request, model: type[M], limit: int = 1024 * 1024) -> M:
    return parse_model(model, await read_body(request, limit))


def fields_at_fault(error: ValidationError) -> list[dict[str, str]]:
    """JSON pointers and messages; pydantic's input values are left out because they may be personal."""
    return [
        {"pointer": "/" + "/".join(str(p) for p in e["loc"]), "detail": e["msg"]}
        for e in error.errors(include_url=False, include_input=False, include_context=False)[:20]
    ]


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return Problem(error.status_code, error.detail, headers=error.headers).response()


async def _unforeseen(request: Request, error: Exception) -> Response:
    log.exception("request_failed", path=request.scope["path"], exc_info=error)
    return Problem(500, "Internal error", "The error was recorded; nothing was accepted.").response()


Handlers = dict[Any, Callable[[Request, Exception], Awaitable[Response]]]


def problem_handlers() -> Any:
    """Exception handlers for a Starlette app."""
    return {Problem: _problem, HTTPException: _http, Exception: _unforeseen}


def told(app: ASGIApp) -> ASGIApp:
    """An app whose errors are told as a Starlette app with `problem_handlers` tells them, without its middleware."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except Problem as problem:
            await problem.response()(scope, receive, send)
        except Exception as error:  # noqa: BLE001 recorded, and the sender is told
            await (await _unforeseen(Request(scope), error))(scope, receive, send)

    return answering

"""Where gateways and archivists come in by HTTP: translation only."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from services.intake.adapters.registry import ADAPTERS
from services.intake.admission import Arrived
from services.intake.delivery import Accepted, Answer, Delivery, Reason, Rejected
from services.intake.gateways import Gateway
from services.intake.handlers import Reception
from services.intake.openapi import ROUTES
from services.intake.parts import PartNotFound, part_of
from services.intake.raw import Original
from services.intake.store import RawStore
from shared.clock import Clock
from shared.security.tokens import Role, TokenVerifier
from shared.web import Problem

__all__ = ["GATEWAYS", "ROUTES", "Archive", "GatewayEndpoint", "routes"]

GATEWAYS = "/gateways/"
MAX_LENGTH_DIGITS = 12
MAX_PART_DIGITS = 6


class GatewayEndpoint:
    """GATEWAYS…: an ASGI app, so that every method comes here and is told what this gateway takes.

    The request is read from its scope: what Starlette would make of it costs as much as a whole contact does.
    """

    def __init__(
        self, gateways: Mapping[str, Gateway], reception: Reception, clock: Clock, public_url: str = ""
    ) -> None:
        self._gateways = gateways
        self._public_url = public_url
        self._reception = reception
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        gateway = self._gateways.get(scope["path"])
        try:
            await self._take(scope, receive, send, headers, gateway)
        except Rejected as refusal:
            raise problem(refusal, headers, gateway) from refusal

    async def _take(
        self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str], gateway: Gateway | None
    ) -> None:
        if gateway is None:
            raise Rejected(Reason.UNKNOWN_GATEWAY, "its path is not among those of this installation")
        if scope["method"] in ("GET", "HEAD") and ADAPTERS[gateway.kind].greet is not None:
            greeting = self._reception.greet(self._delivery(scope, headers, gateway, b""))
            await Response(greeting.body, 200, media_type=greeting.media_type)(scope, receive, send)
            return
        if scope["method"] != "POST":
            raise Rejected(Reason.METHOD, "use POST")
        if headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
            raise Rejected(Reason.MEDIA_TYPE, "send the body as it is, without a content-encoding")
        with self._reception.admission.arriving(_expected_size(headers, gateway)) as arrived:
            body = await _read(receive, gateway, arrived)
            accepted = await self._reception.receive(self._delivery(scope, headers, gateway, body))
        await _tell(accepted, scope, receive, send)

    def _delivery(self, scope: Scope, headers: Mapping[str, str], gateway: Gateway, body: bytes) -> Delivery:
        query = scope["query_string"]
        return Delivery(
            gateway=gateway,
            headers=headers,
            body=body,
            received_at=self._clock.now(),
            arrived_at=datetime.now(UTC),
            query=dict(QueryParams(query)) if query else {},
            url=self._url(scope, headers, gateway),
        )

    def _url(self, scope: Scope, headers: Mapping[str, str], gateway: Gateway) -> str:
        """The address as its sender wrote it: proxies change scheme, host and sometimes the path, never the query."""
        site = self._public_url or f"{scope['scheme']}://{headers.get('host', '')}"
        query = scope["query_string"].decode("latin-1")
        return f"{gateway.address or site + scope['path']}{'?' if query else ''}{query}"


def _headers(scope: Scope) -> Mapping[str, str]:
    """Of a name that stands there twice the first counts."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return headers


def answer_of(accepted: Accepted) -> Response:
    """In the words of its sender; the id goes along in a header, where those words have no place for it."""
    answer, named = accepted.answer, {"X-Interaction-Id": accepted.id}
    if isinstance(answer, Answer):
        return Response(answer.body, accepted.status, named, answer.media_type)
    return Response(orjson.dumps(dict(answer)), accepted.status, named, "application/json")


async def _tell(accepted: Accepted, scope: Scope, receive: Receive, send: Send) -> None:
    """As `answer_of`; the usual answer, JSON, is written by hand."""
    if isinstance(accepted.answer, Answer):
        await answer_of(accepted)(scope, receive, send)
        return
    body = orjson.dumps(dict(accepted.answer))
    headers = [
        (b"x-interaction-id", accepted.id.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"content-type", b"application/json"),
    ]
    await send({"type": "http.response.start", "status": accepted.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _read(receive: Receive, gateway: Gateway, arrived: Arrived) -> bytes:
    """The body as it arrives, each piece counted. Raises `Rejected`: 413 as soon as it is over the gateway's limit."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Rejected(Reason.MALFORMED, "The connection ended before the body did.")
        piece = message.get("body", b"")
        size += len(piece)
        if size > gateway.body_limit_bytes:
            raise _too_large(gateway)
        arrived(len(piece))
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)


def _expected_size(headers: Mapping[str, str], gateway: Gateway) -> int:
    """What the sender declares. Raises `Rejected`: 413 where that is over the gateway's limit."""
    declared = headers.get("content-length", "0")
    if not (declared.isascii() and declared.isdecimal() and len(declared) <= MAX_LENGTH_DIGITS):
        raise Rejected(Reason.MALFORMED, "content-length is not a number of bytes")
    if int(declared) > gateway.body_limit_bytes:
        raise _too_large(gateway)
    return int(declared)


def _too_large(gateway: Gateway) -> Rejected:
    return Rejected(Reason.TOO_LARGE, f"The limit is {gateway.body_limit_bytes} bytes.")


def problem(refusal: Rejected, headers: Mapping[str, str], gateway: Gateway | None) -> Problem:
    """RFC 9457, with the title in the sender's language, and beside it what this kind of sender reads."""
    reason = refusal.reason
    extensions: dict[str, Any] = {"type": f"urn:parcelcare:problem:{reason.slug}"}
    if refusal.errors:
        extensions["errors"] = [{"pointer": e.pointer, "detail": e.detail} for e in refusal.errors]
    adapter = ADAPTERS.get(gateway.kind) if gateway else None
    if adapter is not None and adapter.refusal is not None:
        extensions |= adapter.refusal(refusal)
    allowed = "GET, POST" if adapter is not None and adapter.greet else "POST"
    answer_headers = {"Allow": allowed} if reason is Reason.METHOD else {}
    if reason is Reason.MEDIA_TYPE and "content-encoding" in headers:
        answer_headers["Accept-Encoding"] = "identity"
    if refusal.retry_after_s is not None:
        answer_headers["Retry-After"] = str(max(1, math.ceil(refusal.retry_after_s)))
    chinese = headers.get("accept-language", "").strip().lower().startswith("zh")
    title = reason.chinese if chinese else reason.english
    return Problem(reason.status, title, refusal.detail, answer_headers, **extensions)


class Archive:
    """The originals, for those who may see them (IN-3)."""

    def __init__(self, store: RawStore, verifier: TokenVerifier) -> None:
        self._store = store
        self._verifier = verifier

    async def original(self, request: Request) -> Response:
        """The bytes as the gateway sent them."""
        self._verifier.require(request, Role.ARCHIVIST)
        original = await self._found(request)
        return _download(original.body, f"{request.path_params['interaction_id']}.raw", original.content_type)

    async def part(self, request: Request) -> Response:
        """One file that came with a contact, by the number in its `ref` (raw:<interaction id>#<part>)."""
        self._verifier.require(request, Role.ARCHIVIST, Role.ADJUDICATOR)
        original = await self._found(request)
        number = str(request.path_params["part"])
        try:
            if not (number.isascii() and number.isdecimal() and len(number) <= MAX_PART_DIGITS):
                raise PartNotFound("parts are numbered from 0")
            part = part_of(original, int(number))
        except PartNotFound as error:
            raise Problem(404, "There is no such part", str(error)) from error
        return _download(part.content, part.name, part.content_type)

    async def _found(self, request: Request) -> Original:
        original = await self._store.original(str(request.path_params["interaction_id"]))
        if original is None:
            raise Problem(404, "There is no such original", "It is unknown, past its retention, or still on its way.")
        return original


def _download(content: bytes, name: str, content_type: str) -> Response:
    """Never shown by a browser: what a stranger sent may be a page with a script in it."""
    return Response(
        content,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "X-Original-Content-Type": quote(content_type, safe='/;="+-. '),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "no-store",
        },
        media_type="application/octet-stream",
    )


def routes(archive: Archive) -> Sequence[BaseRoute]:
    return (
        Route("/v1/interactions/{interaction_id:uuid}/raw", archive.original, methods=["GET"]),
        Route("/v1/interactions/{interaction_id:uuid}/raw/{part}", archive.part, methods=["GET"]),
    )

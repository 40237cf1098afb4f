"""Customers' files for those who may see them: a link that soon expires, and the content behind it (IN-4)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from services.intake.objects.faults import StoreUnavailable
from services.intake.objects.kept import HANDED_OUT, READERS
from services.intake.objects.links import PATH, LinkKey
from services.intake.objects.store import ObjectStore
from shared.security.tokens import TokenVerifier
from shared.web import Problem

_GUARDED = {
    **HANDED_OUT,
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}

log = structlog.get_logger()


class ObjectReading:
    """`link_s`: how many seconds a link is good for. `now`: real time, which expiry is about."""

    def __init__(
        self, store: ObjectStore, verifier: TokenVerifier, key: LinkKey, link_s: int, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._verifier = verifier
        self._key = key
        self._link_s = link_s
        self._now = now

    async def link(self, request: Request) -> Response:
        """302 to where the content is for a while: the store itself where it signs addresses, else we."""
        reader = self._verifier.require(request, *READERS)
        sha256 = request.path_params["sha256"]
        try:
            if not await self._store.exists(sha256):
                raise _absent()
            target = await self._store.presigned(sha256, self._link_s)
        except StoreUnavailable as error:
            raise _busy(error) from error
        log.info("object_read", sha256=sha256, reader=reader.subject)
        if target is None:
            target = self._key.link(sha256, self._now() + timedelta(seconds=self._link_s))
        return Response(status_code=302, headers={"Location": target, "Cache-Control": "no-store"})

    async def content(self, request: Request) -> Response:
        """The bytes, for who has a link of ours."""
        sha256, query = request.path_params["sha256"], request.query_params
        if not self._key.holds(sha256, query.get("expires", ""), query.get("signature", ""), self._now()):
            raise Problem(
                403, "The link is not good", "It has expired, or was changed. Ask for the file again. 链接已失效。"
            )
        try:
            found = await self._store.open(sha256)
        except StoreUnavailable as error:
            raise _busy(error) from error
        if found is None:
            raise _absent()
        log.info("object_handed_out", sha256=sha256)
        size, pieces = found
        return StreamingResponse(
            pieces, headers={**_GUARDED, "Content-Length": str(size)}, media_type=HANDED_OUT["Content-Type"]
        )


def _absent() -> Problem:
    return Problem(404, "There is no such file", "It is unknown, or past its retention. 文件不存在或已过保存期。")


def _busy(error: StoreUnavailable) -> Problem:
    return Problem(503, "The object store does not answer", f"{error}. Try again.", {"Retry-After": "2"})


def routes(reading: ObjectReading) -> Sequence[BaseRoute]:
    return (
        Route(f"{PATH}/{{sha256}}", reading.link, methods=["GET"]),
        Route(f"{PATH}/{{sha256}}/content", reading.content, methods=["GET"]),
    )

"""What notify offers over HTTP: the progress page, its live updates, and its link for the desk (NO-5)."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import anyio
import orjson
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from services.notify.indicators import Indicators
from services.notify.links import Links
from services.notify.live import Subscription, Watcher
from services.notify.pages import PAGE_HEADERS, Pages, StaticAssets
from services.notify.reader import LANGUAGE, case_language, reader_language
from services.notify.store import ViewStore, ViewsUnavailable
from shared.openapi import EVENT_STREAM, HTML, PROBLEM, Answer, Parameter, RouteDoc
from shared.security.tokens import Role, TokenVerifier
from shared.web import Problem

HEARTBEAT_S = 15
SEND_TIMEOUT_S = 30
RETRY_MS = 3000


class ProgressLink(BaseModel):
    """The link to give to the customer of a case; whoever has it sees the page."""

    case_id: str
    url: str = Field(description="unguessable; the same every time")


ROUTES: tuple[RouteDoc, ...] = (
    RouteDoc(
        path="/p/{token}",
        method="GET",
        summary="Progress page of a case; the token is the only key to it",
        responses={
            200: Answer("the page", content_type=HTML),
            404: Answer("no case has this token: a page that says what to do", content_type=HTML),
            503: Answer("the database does not answer: a page that says to come back", content_type=HTML),
        },
        parameters=(LANGUAGE,),
    ),
    RouteDoc(
        path="/p/{token}/events",
        method="GET",
        summary="Live updates of the page: an event `view` with {title, html} whenever the case's view has grown",
        responses={
            200: Answer("a stream that stays open, with heartbeats", content_type=EVENT_STREAM),
            404: Answer("no case has this token", content_type=PROBLEM),
            503: Answer("too many open pages in this process, or no database: try again", content_type=PROBLEM),
        },
        parameters=(
            LANGUAGE,
            Parameter("v", "version that the page shows", schema={"type": "integer"}),
            Parameter("Last-Event-ID", "version that the browser saw last", where="header"),
        ),
    ),
    RouteDoc(
        path="/v1/cases/{case_id}/progress-link",
        method="GET",
        summary="The progress page's link, for an agent to pass on",
        responses={
            200: Answer("the link", ProgressLink),
            401: Answer("no valid token", content_type=PROBLEM),
            403: Answer("the role is missing", content_type=PROBLEM),
            404: Answer("no case of this id has been seen yet", content_type=PROBLEM),
        },
        roles=(Role.AGENT,),
    ),
)


@dataclass(frozen=True, slots=True)
class ProgressApi:
    """The routes with what they need."""

    store: ViewStore
    pages: Pages
    watcher: Watcher
    links: Links
    verifier: TokenVerifier
    indicators: Indicators
    now: Callable[[], datetime]

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/p/{token}", self.page),
            Route("/p/{token}/events", self.events, methods=["GET"]),
            Route("/v1/cases/{case_id}/progress-link", self.link, methods=["GET"]),
            Mount("/static/progress", StaticAssets()),
        ]

    async def page(self, request: Request) -> Response:
        try:
            view = await self.store.by_token(request.path_params["token"])
        except ViewsUnavailable:
            return self._shown("unavailable", self.pages.unavailable(reader_language(request)), 503)
        if view is None:
            return self._shown("unknown", self.pages.unknown(reader_language(request)), 404)
        return self._shown("shown", self.pages.page(view, case_language(request, view), self.now()), 200)

    async def events(self, request: Request) -> Response:
        try:
            view = await self.store.by_token(request.path_params["token"])
        except ViewsUnavailable as error:
            raise Problem(503, "Temporarily unavailable", headers={"Retry-After": "5"}) from error
        if view is None:
            raise Problem(404, "Unknown page", "No case has this token.")
        if self.watcher.full:
            raise Problem(503, "Too many open pages", "Try again shortly.", headers={"Retry-After": "30"})
        subscription = Subscription(_seen(request))
        return EventSourceResponse(
            self._stream(view.case_id, subscription, case_language(request, view)),
            headers=PAGE_HEADERS,
            ping=HEARTBEAT_S,
            send_timeout=SEND_TIMEOUT_S,
            shutdown_event=cast(anyio.Event, subscription),
            shutdown_grace_period=1,
        )

    async def link(self, request: Request) -> Response:
        self.verifier.require(request, Role.AGENT)
        case_id = request.path_params["case_id"]
        if not await self.store.knows(case_id):
            raise Problem(404, "Unknown case", "No event of this case has arrived yet.")
        return JSONResponse(ProgressLink(case_id=case_id, url=self.links.page(case_id)).model_dump())

    async def _stream(self, case_id: str, subscription: Subscription, language: str) -> AsyncIterator[ServerSentEvent]:
        with self.watcher.watch(case_id, subscription):
            # An immediate first byte tells the browser that the stream stands.
            yield ServerSentEvent(comment="watching", retry=RETRY_MS)
            async for view in subscription.views():
                title, html = self.pages.fragment(view, language, self.now())
                data = orjson.dumps({"title": title, "html": html}).decode()
                yield ServerSentEvent(data=data, event="view", id=str(view.version))

    def _shown(self, result: str, html: str, status: int) -> Response:
        self.indicators.page_views.labels(result).inc()
        extra = {"Retry-After": "60"} if status == 503 else {}
        return Response(html, status, {**PAGE_HEADERS, **extra}, media_type=HTML)


def _seen(request: Request) -> int:
    given = request.headers.get("last-event-id") or request.query_params.get("v") or "0"
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0

"""The survey over HTTP: a small page under the progress page's token; 200 means that Kafka has the answer (RO-14)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.notify.indicators import Indicators
from services.notify.pages import FORM_HEADERS, Pages
from services.notify.reader import LANGUAGE, case_language, reader_language
from services.notify.store import ViewStore, ViewsUnavailable
from services.notify.survey.form import SCORES, Filled, answer
from services.notify.view import View
from shared.messaging.message import Outgoing
from shared.messaging.publisher import PublishFailed
from shared.openapi import HTML, PROBLEM, Answer, Parameter, RouteDoc
from shared.web import read_body

log = structlog.get_logger()

BODY_LIMIT = 16 * 1024
Publish = Callable[[Sequence[Outgoing]], Awaitable[None]]

_PAGES = {
    404: Answer("no case has this token, or nobody is asked about it: a page that says what to do", content_type=HTML),
    503: Answer("the answer could not be kept, or the database does not answer: try again", content_type=HTML),
}
ROUTES: tuple[RouteDoc, ...] = (
    RouteDoc(
        path="/p/{token}/survey",
        method="GET",
        summary="How satisfied are you? The token is the only key to it",
        responses={200: Answer("the form, or thanks, or that it is over", content_type=HTML), **_PAGES},
        parameters=(LANGUAGE, Parameter("score", "1 to 5: chosen beforehand", schema={"enum": list(SCORES)})),
    ),
    RouteDoc(
        path="/p/{token}/survey",
        method="POST",
        summary="The answer, as a form: score (1 to 5) and perhaps words; the first one counts",
        responses={
            200: Answer("thanks: the answer is kept", content_type=HTML),
            413: Answer("too long", content_type=PROBLEM),
            422: Answer("no score was chosen: the form again", content_type=HTML),
            **_PAGES,
        },
        parameters=(LANGUAGE,),
    ),
)


@dataclass(frozen=True, slots=True)
class SurveyApi:
    store: ViewStore
    pages: Pages
    publish: Publish
    indicators: Indicators
    now: Callable[[], datetime]

    def routes(self) -> list[BaseRoute]:
        return [Route("/p/{token}/survey", self.survey, methods=["GET", "POST"])]

    async def survey(self, request: Request) -> Response:
        try:
            view = await self.store.by_token(request.path_params["token"])
        except ViewsUnavailable:
            return self._page("survey_unavailable", self.pages.unavailable(reader_language(request)), 503)
        if view is None or view.case is None or view.case.survey is None:
            return self._page("survey_unknown", self.pages.unknown(reader_language(request)), 404)
        if request.method == "POST":
            return await self._answered(request, view)
        chosen = request.query_params.get("score", "")
        return self._form(view, request, int(chosen) if chosen in SCORES else None)

    async def _answered(self, request: Request, view: View) -> Response:
        filled = Filled.of(await read_body(request, BODY_LIMIT))
        survey = view.case.survey if view.case else None
        if survey is None or not survey.is_open(self.now()):
            return self._form(view, request, None)
        if filled.score is None:
            return self._form(view, request, None, fault="survey_choose", words=filled.words, status=422)
        try:
            await self.publish([answer(view, survey, filled.score, filled.words, self.now())])
        except PublishFailed:
            log.warning("survey_not_kept", case_id=view.case_id)
            return self._form(view, request, filled.score, fault="survey_failed", words=filled.words, status=503)
        return self._form(view, request, filled.score, thanked=True)

    def _form(
        self,
        view: View,
        request: Request,
        score: int | None,
        *,
        thanked: bool = False,
        fault: str = "",
        words: str = "",
        status: int = 200,
    ) -> Response:
        language = case_language(request, view)
        html = self.pages.survey(view, language, self.now(), score, thanked=thanked, fault=fault, words=words)
        return self._page("survey_thanked" if thanked else "survey_shown", html, status)

    def _page(self, result: str, html: str, status: int) -> Response:
        self.indicators.page_views.labels(result).inc()
        extra = {"Retry-After": "10"} if status == 503 else {}
        return Response(html, status, {**FORM_HEADERS, **extra}, media_type=HTML)

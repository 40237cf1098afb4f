"""An owner's side of a work order, by signed link: a small page, and the same as JSON (RO-9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from pydantic import Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from services.routing.answers import Refusals, document
from services.routing.api import BODY_LIMIT, Body, Words
from services.routing.pages import PRIVATE, Pages, language_of
from services.routing.playbook import Book
from services.routing.workorders.coordinator import Coordinator, Wish
from services.routing.workorders.links import BadLink, Grant, LinkExpired, PartnerLinks
from services.routing.workorders.order import Accept, Complete, Event, Mover, Note, Return
from services.routing.workorders.partner_view import PartnerView, may_see, view_of
from shared.contracts.cases import Case
from shared.contracts.personal import Personal
from shared.contracts.work_orders import HandoverField, WorkOrder
from shared.openapi import HTML, PROBLEM, Answer, Parameter, RouteDoc
from shared.web import Problem, if_match, parse_model, read_body

MOVES = ("accept", "return", "note", "complete")
ZONE = ZoneInfo("Asia/Shanghai")
REFUSED = Refusals(
    unknown=("No such case or work order", "工单或协作工单不存在。"),
    changed=("It has changed", "Read it again and decide again. 内容已变更，请刷新。"),
)


class MoveBody(Body):
    text: Words | None = None
    answer: dict[str, Words] = Field(default_factory=dict, description="fields of `form`, to complete")


@dataclass(frozen=True, slots=True)
class Said:
    """What came with a move: its text, and the answer's fields."""

    text: str
    answer: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PartnerApi:
    coordinator: Coordinator
    links: PartnerLinks
    book: Book
    pages: Pages
    now: Callable[[], datetime]

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/partner/{token}", self.page, methods=["GET"]),
            Route("/partner/{token}/{move}", self.form, methods=["POST"]),
            Route("/v1/partner/work-orders/{token}", self.view, methods=["GET"]),
            Route("/v1/partner/work-orders/{token}/{move}", self.moved, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        language = language_of(request)
        try:
            view = await self._view(self._grant(request), language)
        except Problem as problem:
            return self._lost(problem, language)
        return self._shown(request, view, language)

    async def form(self, request: Request) -> Response:
        """A button of the page: afterwards the page again, with the reason where it was refused."""
        language = language_of(request)
        try:
            grant = self._grant(request)
            given = parse_qs((await read_body(request, BODY_LIMIT)).decode("utf-8", "replace"))
            text, version = given.get("text", [""])[0].strip(), given.get("version", [""])[0]
        except Problem as problem:
            return self._lost(problem, language)
        try:
            if not (version.isascii() and version.isdigit()):
                raise Problem(400, "version is missing", "请刷新页面。 Load the page again.")
            answer = {
                name[7:]: said[0] for name, said in given.items() if name.startswith("answer.") and said[0].strip()
            }
            await self._move(grant, request.path_params["move"], Said(text, answer), int(version))
        except Problem as problem:
            return await self._refused(request, grant, problem, language)
        return RedirectResponse(f"/partner/{request.path_params['token']}?language={language}", 303, PRIVATE)

    async def view(self, request: Request) -> Response:
        view = await self._view(self._grant(request), language_of(request))
        return document(view, view.version)

    async def moved(self, request: Request) -> Response:
        grant = self._grant(request)
        body = parse_model(MoveBody, await read_body(request, BODY_LIMIT) or b"{}")
        said = Said(body.text or "", body.answer)
        await self._move(grant, request.path_params["move"], said, if_match(request, "work order"))
        view = await self._view(grant, language_of(request))
        return document(view, view.version)

    def _grant(self, request: Request) -> Grant:
        try:
            return self.links.read(request.path_params["token"], self.now())
        except LinkExpired as error:
            raise Problem(410, "Link expired", "Ask for a new link. 链接已过期，请向客服索取新链接。") from error
        except BadLink as error:
            raise Problem(404, "Unknown link", "Use the whole link. 链接无效，请使用完整链接。") from error

    async def _move(self, grant: Grant, name: str, said: Said, version: int) -> None:
        if name not in MOVES:
            raise Problem(404, "No such move", f"One of {', '.join(MOVES)}.")
        if name != "accept" and not said.text.strip():
            raise Problem(422, "text is missing", "Say why, or what was done. 请填写说明。", reason="text_missing")
        mover = Mover(grant.owner.name, owns=grant.owner)

        def event(case: Case, order: WorkOrder | None) -> Event:
            return _event(name, mover, said, case)

        by = f"{grant.owner.kind.value}/{grant.owner.name}"
        what = f"{name}/{said.text}" + (f"/{sorted(said.answer.items())}" if said.answer else "")
        await REFUSED.settled(self.coordinator.do(Wish(None, grant.order_id, version, by, what, event)))

    async def _view(self, grant: Grant, language: str) -> PartnerView:
        order = await self.coordinator.orders.get(grant.order_id)
        history = await self.coordinator.orders.history(grant.order_id)
        if order is None or not may_see(order, history, grant.owner):
            raise Problem(410, "Not yours any more", "It was given to somebody else. 该协作工单已转交他人。")
        return view_of(order, history, grant.owner, self.coordinator.order_rules, self.book, language)

    def _shown(
        self, request: Request, view: PartnerView, language: str, problem: Problem | None = None, status: int = 200
    ) -> Response:
        html = self.pages.render(
            "work_order.html.j2",
            language,
            view=view,
            token=request.path_params["token"],
            problem=_words(problem, language) if problem else None,
            local=lambda at: at.astimezone(ZONE).strftime("%m-%d %H:%M"),
        )
        return Response(html, status, PRIVATE, media_type=HTML)

    async def _refused(self, request: Request, grant: Grant, problem: Problem, language: str) -> Response:
        try:
            view = await self._view(grant, language)
        except Problem as gone:
            return self._lost(gone, language)
        return self._shown(request, view, language, problem, problem.status)

    def _lost(self, problem: Problem, language: str) -> Response:
        html = self.pages.render("lost.html.j2", language, title=problem.title, detail=_words(problem, language))
        return Response(html, problem.status, PRIVATE, media_type=HTML)


def _event(name: str, mover: Mover, said: Said, case: Case) -> Event:
    text = Personal(said.text)
    if name == "accept":
        return Accept(mover)
    if name == "return":
        return Return(mover, text, case.agent or case.group)
    if name == "note":
        return Note(mover, text)
    answer = tuple(HandoverField(name=field, value=Personal(value)) for field, value in said.answer.items())
    return Complete(mover, text, answer)


def _words(problem: Problem, language: str) -> str:
    zh = problem.extensions.get("detail_zh")
    return str(zh) if zh and language == "zh" else problem.detail


_LANGUAGE = Parameter("language", "zh or en; default: by Accept-Language", schema={"enum": ["zh", "en"]})
_LINK = {
    404: Answer("the link is not ours", content_type=PROBLEM),
    410: Answer("the link has expired, or the order is somebody else's now", content_type=PROBLEM),
}
_MOVE = {
    **_LINK,
    403: Answer("not the owner's turn", content_type=PROBLEM),
    409: Answer("not possible in this state; `reason` says why", content_type=PROBLEM),
    412: Answer("it has changed since it was read", content_type=PROBLEM),
    422: Answer("the text is missing", content_type=PROBLEM),
    428: Answer("If-Match is missing", content_type=PROBLEM),
}

ROUTES: tuple[RouteDoc, ...] = (
    RouteDoc(
        "/partner/{token}",
        "GET",
        "The page of a work order for its owner; the link is the only key to it",
        responses={
            200: Answer("the page", content_type=HTML),
            404: Answer("the link is not ours", content_type=HTML),
            410: Answer("expired, or somebody else's now", content_type=HTML),
        },
        parameters=(_LANGUAGE,),
    ),
    RouteDoc(
        "/partner/{token}/{move}",
        "POST",
        "A button of that page: accept, note, complete or return",
        responses={303: Answer("done: the page again"), 409: Answer("the page with the reason", content_type=HTML)},
        parameters=(_LANGUAGE,),
    ),
    RouteDoc(
        "/v1/partner/work-orders/{token}",
        "GET",
        "The work order as its owner sees it",
        responses={200: Answer("the work order", PartnerView), **_LINK},
        parameters=(_LANGUAGE,),
    ),
    RouteDoc(
        "/v1/partner/work-orders/{token}/{move}",
        "POST",
        "accept, note, complete or return; all but accept with a text",
        request=MoveBody,
        responses={200: Answer("the work order after it", PartnerView), **_MOVE},
        parameters=(Parameter("If-Match", "ETag of the work order as read", "header", required=True),),
    ),
)

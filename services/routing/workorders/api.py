"""Work orders over HTTP, for the desk by role: open, answer, send on; and the link for its owner (RO-9)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.routing.acts import Actor
from services.routing.answers import document
from services.routing.api import BODY_LIMIT, ROLES, Body, NoBody, Words
from services.routing.desk import Desk
from services.routing.pages import language_of
from services.routing.playbook import Book
from services.routing.workorders import partner
from services.routing.workorders.coordinator import Coordinator, Wish
from services.routing.workorders.order import Accept, Cancel, Complete, Event, Mover, Note, Open, Return, Send
from services.routing.workorders.suggest import suggested
from shared.contracts.base import derived_id
from shared.contracts.cases import Case
from shared.contracts.parcels import Node
from shared.contracts.personal import Personal
from shared.contracts.work_orders import HandoverField, Owner, OwnerKind, WorkOrder, WorkOrderChanged
from shared.openapi import JSON, PROBLEM, Answer, Parameter, RouteDoc
from shared.security.tokens import TokenVerifier
from shared.web import Problem, if_match, parse_model, read_body

LISTED = 200


class OpenBody(Body):
    kind: Words
    owner: Owner
    handover: dict[str, Words] = Field(description="fields of the kind's template")
    hours: int | None = Field(None, ge=1, le=24 * 60, description="time limit; default: the kind's")


class SendBody(Body):
    owner: Owner
    handover: dict[str, Words] = Field(default_factory=dict, description="default: as it was")
    hours: int | None = Field(None, ge=1, le=24 * 60)


class TextBody(Body):
    text: Words = Field(description="reason, note or result")


class Orders(BaseModel):
    orders: tuple[WorkOrder, ...]


class OneOrder(BaseModel):
    order: WorkOrder
    history: tuple[WorkOrderChanged, ...]


class SuggestedOrder(BaseModel):
    """`open`: false where the playbook asks nobody else for anything."""

    open: bool
    symptom: str
    node: Node | None = None
    kind: str | None = None
    owner: Owner | None = None
    hours: int | None = None
    handover: dict[str, Personal] = {}
    missing: tuple[str, ...] = ()
    steps: tuple[str, ...]
    answer: str = Field(description="what the customer may be told now")


class PartnerLink(BaseModel):
    url: str
    until: datetime


class CompleteBody(TextBody):
    answer: dict[str, Words] = Field(default_factory=dict, description="fields that the kind asks for")


Make = Callable[[Mover, Case, Body], Event]


@dataclass(frozen=True, slots=True)
class MoveRoute:
    body: type[Body]
    summary: str
    make: Make


def _text(body: Body) -> Personal:
    assert isinstance(body, TextBody)
    return Personal(body.text)


def _send(mover: Mover, case: Case, body: Body) -> Event:
    assert isinstance(body, SendBody)
    return Send(mover, body.owner, _fields(body.handover), body.hours)


def _complete(mover: Mover, case: Case, body: Body) -> Event:
    assert isinstance(body, CompleteBody)
    return Complete(mover, Personal(body.text), _fields(body.answer))


MOVES: Mapping[str, MoveRoute] = {
    "accept": MoveRoute(NoBody, "Accept: the department works on it", lambda m, c, b: Accept(m)),
    "return": MoveRoute(
        TextBody,
        "Reject or return it with a reason: back to the handler of the case",
        lambda m, c, b: Return(m, _text(b), handler_of(c)),
    ),
    "note": MoveRoute(TextBody, "Note progress", lambda m, c, b: Note(m, _text(b))),
    "complete": MoveRoute(CompleteBody, "Complete with the result, and the answer that the kind asks for", _complete),
    "send": MoveRoute(SendBody, "Send one that came back to the same or another owner", _send),
    "cancel": MoveRoute(TextBody, "Cancel with a reason", lambda m, c, b: Cancel(m, _text(b))),
}


def handler_of(case: Case) -> str:
    """To whom a returned order goes: the agent of the case, else the group in whose queue it waits."""
    return case.agent or case.group


def mover_of(actor: Actor, case: Case, order: WorkOrder | None) -> Mover:
    """Seniors act for every department; partners answer by their link only, departments by it, too."""
    handles = actor.senior or case.agent == actor.agent
    owner = order.owner if order else None
    in_it = owner is not None and owner.kind is OwnerKind.DEPARTMENT and (actor.senior or owner.name in actor.groups)
    return Mover(actor.agent, handles, owner if in_it else None)


@dataclass(frozen=True, slots=True)
class OrderApi:
    coordinator: Coordinator
    desk: Desk
    verifier: TokenVerifier
    book: Book
    now: Callable[[], datetime]

    def routes(self) -> list[BaseRoute]:
        moves = [
            Route(f"/v1/work-orders/{{order_id}}/{name}", self._moving(name, kind), methods=["POST"])
            for name, kind in MOVES.items()
        ]
        return [
            Route("/v1/cases/{case_id}/work-orders", self.of_case, methods=["GET"]),
            Route("/v1/cases/{case_id}/work-orders", self.open, methods=["POST"]),
            Route("/v1/cases/{case_id}/work-orders/suggestion", self.suggestion, methods=["GET"]),
            Route("/v1/work-orders", self.owned, methods=["GET"]),
            Route("/v1/work-orders/{order_id}", self.one, methods=["GET"]),
            Route("/v1/work-orders/{order_id}/link", self.link, methods=["GET"]),
            *moves,
        ]

    def _actor(self, request: Request) -> Actor:
        principal = self.verifier.require(request, *ROLES)
        return self.desk.actor(principal.subject, principal.roles, principal.groups)

    async def _case(self, request: Request) -> Case:
        state = await self.desk.cases.get(request.path_params["case_id"])
        if state is None:
            raise Problem(404, "No such case", "工单不存在。")
        return state.case

    async def _order(self, request: Request) -> WorkOrder:
        order = await self.coordinator.orders.get(request.path_params["order_id"])
        if order is None:
            raise Problem(404, "No such work order", "协作工单不存在。")
        return order

    async def of_case(self, request: Request) -> Response:
        self._actor(request)
        case = await self._case(request)
        return _json(Orders(orders=tuple(await self.coordinator.orders.of_case(case.case_id))))

    async def owned(self, request: Request) -> Response:
        self._actor(request)
        name = request.query_params.get("department", "")
        if name not in self.coordinator.order_rules.departments:
            known = ", ".join(sorted(self.coordinator.order_rules.departments))
            raise Problem(400, "department is not valid", f"One of {known}.")
        owner = Owner(kind=OwnerKind.DEPARTMENT, name=name)
        return _json(Orders(orders=tuple(await self.coordinator.orders.owned_by(owner, LISTED))))

    async def one(self, request: Request) -> Response:
        self._actor(request)
        order = await self._order(request)
        history = tuple(await self.coordinator.orders.history(order.order_id))
        return _json(OneOrder(order=order, history=history), {"ETag": f'"{order.version}"'})

    async def suggestion(self, request: Request) -> Response:
        self._actor(request)
        case, language = await self._case(request), language_of(request)
        entry = self.book.for_case(case)
        node = case.parcel.node if case.parcel else None
        told = {"symptom": entry.symptom, "steps": entry.steps[language], "node": node}
        answer = self.book.answer(entry, language, node)
        found = suggested(case, self.book, self.coordinator.order_rules, language)
        if found is None:
            return _json(SuggestedOrder(open=False, answer=answer, **told))
        fields = {field.name: field.value for field in found.handover}
        more = {"kind": found.kind, "owner": found.owner, "hours": found.hours, "missing": found.missing}
        return _json(SuggestedOrder(open=True, answer=answer, handover=fields, **told, **more))

    async def open(self, request: Request) -> Response:
        actor = self._actor(request)
        body = parse_model(OpenBody, await read_body(request, BODY_LIMIT) or b"{}")
        case_id, version, what = (
            request.path_params["case_id"],
            if_match(request, "case"),
            f"open/{body.model_dump_json()}",
        )

        def event(case: Case, order: WorkOrder | None) -> Event:
            return Open(
                mover=mover_of(actor, case, None),
                order_id=derived_id(wish.act_id, "work-order"),
                case_id=case.case_id,
                case_number=case.number,
                kind=body.kind,
                owner=body.owner,
                handover=_fields(body.handover),
                node=case.parcel.node if case.parcel else None,
                hours=body.hours,
            )

        wish = Wish(case_id, None, version, actor.agent, what, event)
        order = await partner.REFUSED.settled(self.coordinator.do(wish))
        return document(order, order.version, 201)

    def _moving(self, name: str, kind: MoveRoute) -> Callable[[Request], Awaitable[Response]]:
        async def move(request: Request) -> Response:
            actor = self._actor(request)
            body = parse_model(kind.body, await read_body(request, BODY_LIMIT) or b"{}")

            def event(case: Case, order: WorkOrder | None) -> Event:
                return kind.make(mover_of(actor, case, order), case, body)

            what = f"{name}/{body.model_dump_json()}"
            wish = Wish(
                None, request.path_params["order_id"], if_match(request, "work order"), actor.agent, what, event
            )
            order = await partner.REFUSED.settled(self.coordinator.do(wish))
            return document(order, order.version)

        return move

    async def link(self, request: Request) -> Response:
        actor = self._actor(request)
        order = await self._order(request)
        state = await self.desk.cases.get(order.case_id)
        if state is None or not mover_of(actor, state.case, order).handles:
            raise Problem(403, "Not allowed", "Only the handler of the case may have it. 仅工单处理人可获取链接。")
        if order.owner.kind is OwnerKind.HANDLER:
            raise Problem(409, "Nobody else's turn", "It has come back to the handler. 协作工单已退回处理人。")
        url, until = self.coordinator.link(order, self.now())
        return _json(PartnerLink(url=url, until=until), {"Cache-Control": "no-store"})


def _fields(handover: Mapping[str, str]) -> tuple[HandoverField, ...]:
    return tuple(HandoverField(name=name, value=Personal(value)) for name, value in handover.items())


def _json(model: BaseModel, headers: Mapping[str, str] | None = None) -> Response:
    return Response(model.model_dump_json(exclude_none=True), media_type=JSON, headers=dict(headers or {}))


_REFUSALS = {
    400: Answer("the request is not well formed", content_type=PROBLEM),
    401: Answer("no valid token", content_type=PROBLEM),
    403: Answer("not this person's turn; `reason` says why", content_type=PROBLEM),
    404: Answer("no such case or work order", content_type=PROBLEM),
}
_MOVE_REFUSALS = {
    **_REFUSALS,
    409: Answer("not possible in this state; `reason` says why", content_type=PROBLEM),
    412: Answer("it has changed since it was read", content_type=PROBLEM),
    422: Answer("the body is not valid", content_type=PROBLEM),
    428: Answer("If-Match is missing", content_type=PROBLEM),
    503: Answer("busy; send the same request again", content_type=PROBLEM),
}


def _if_match(what: str) -> tuple[Parameter, ...]:
    return (Parameter("If-Match", f"ETag of the {what} as read", "header", required=True),)


ROUTES: tuple[RouteDoc, ...] = (
    RouteDoc(
        "/v1/cases/{case_id}/work-orders",
        "GET",
        "The work orders of a case",
        responses={200: Answer("oldest first", Orders), **_REFUSALS},
        roles=ROLES,
    ),
    RouteDoc(
        "/v1/cases/{case_id}/work-orders",
        "POST",
        "Open a work order; the same request again gives the same order",
        request=OpenBody,
        responses={201: Answer("the work order", WorkOrder), **_MOVE_REFUSALS},
        roles=ROLES,
        parameters=_if_match("case"),
    ),
    RouteDoc(
        "/v1/cases/{case_id}/work-orders/suggestion",
        "GET",
        "What the playbook suggests for the case, with the hand-over filled in",
        responses={200: Answer("the suggestion", SuggestedOrder), **_REFUSALS},
        roles=ROLES,
        parameters=(Parameter("language", "zh or en", schema={"enum": ["zh", "en"]}),),
    ),
    RouteDoc(
        "/v1/work-orders",
        "GET",
        "The open work orders of a department, the first due first",
        responses={200: Answer("at most 200", Orders), **_REFUSALS},
        roles=ROLES,
        parameters=(Parameter("department", "a department of the playbook", required=True),),
    ),
    RouteDoc(
        "/v1/work-orders/{order_id}",
        "GET",
        "One work order with its history; its ETag is its version",
        responses={200: Answer("the order", OneOrder), **_REFUSALS},
        roles=ROLES,
    ),
    RouteDoc(
        "/v1/work-orders/{order_id}/link",
        "GET",
        "The signed, expiring link by which its department or partner answers",
        responses={
            200: Answer("the link", PartnerLink),
            **_REFUSALS,
            409: Answer("it has come back to the handler", content_type=PROBLEM),
        },
        roles=ROLES,
    ),
    *(
        RouteDoc(
            f"/v1/work-orders/{{order_id}}/{name}",
            "POST",
            kind.summary,
            request=kind.body,
            responses={200: Answer("the work order after it", WorkOrder), **_MOVE_REFUSALS},
            roles=ROLES,
            parameters=_if_match("work order"),
        )
        for name, kind in MOVES.items()
    ),
    *partner.ROUTES,
)

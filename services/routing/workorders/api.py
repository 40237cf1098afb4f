"""Work orders over HTTP, for the desk by role: open, answer, send on; and the link for its owner (RO-9)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.routing.acts import Actor
from services.routing.answers import document
from services.routing.api import BODY_LIMIT, ROLES
from services.routing.desk import Desk
from services.routing.pages import language_of
from services.routing.playbook import Book
from services.routing.workorders import partner
from services.routing.workorders.coordinator import Coordinator, Wish
from services.routing.workorders.documented import ROUTES as ROUTES
from services.routing.workorders.documented import OneOrder, Orders, PartnerLink, SuggestedOrder
from services.routing.workorders.order import Event, Open
from services.routing.workorders.requests import MOVES, MoveRoute, OpenBody, fields_of, mover_of
from services.routing.workorders.suggest import suggested
from shared.contracts.base import derived_id
from shared.contracts.cases import Case
from shared.contracts.work_orders import Owner, OwnerKind, WorkOrder
from shared.openapi import JSON
from shared.security.tokens import TokenVerifier
from shared.web import Problem, if_match, parse_model, read_body

LISTED = 200


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
                handover=fields_of(body.handover),
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


def _json(model: BaseModel, headers: Mapping[str, str] | None = None) -> Response:
    return Response(model.model_dump_json(exclude_none=True), media_type=JSON, headers=dict(headers or {}))

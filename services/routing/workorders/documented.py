"""The interface of work orders as OpenAPI tells it: what each path takes, answers and refuses (RO-9)."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.routing.api import ROLES
from services.routing.workorders import partner
from services.routing.workorders.requests import MOVES, OpenBody
from shared.contracts.parcels import Node
from shared.contracts.personal import Personal
from shared.contracts.work_orders import Owner, WorkOrder, WorkOrderChanged
from shared.openapi import PROBLEM, Answer, Parameter, RouteDoc, act_refused, refused


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


_REFUSALS = refused("not this person's turn; `reason` says why", "no such case or work order")
_MOVE_REFUSALS = act_refused(_REFUSALS)


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

"""What the routes of customers take and answer, for the OpenAPI document (SY-7)."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.intake.identity.view import CustomerList, CustomerView
from shared.openapi import PROBLEM, Answer, Parameter, RouteDoc

READERS = ("agent", "lead", "supervisor", "adjudicator", "archivist")
DECIDERS = ("lead", "supervisor", "adjudicator")

QUERIES = {
    "order": "order number",
    "tracking": "tracking number",
    "phone": "phone number, as people write it",
    "email": "mail address",
    "openid": "openid of a social platform",
}

Id = Annotated[str, Field(min_length=1, max_length=64)]
Reason = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MergeBody(_Body):
    other: Id = Field(description="the customer that is the same person")
    reason: Reason


class UnmergeBody(_Body):
    restore: Id = Field(description="`absorbed` of the merge that was wrong")
    reason: Reason


_REFUSALS = {
    400: Answer("the request is not well formed", content_type=PROBLEM),
    401: Answer("no valid token", content_type=PROBLEM),
    403: Answer("the role may not", content_type=PROBLEM),
}
_UNKNOWN = {404: Answer("no such customer", content_type=PROBLEM)}
_ACT_REFUSALS = {
    **_REFUSALS,
    **_UNKNOWN,
    409: Answer("it changes nothing, or earlier decisions stand against it", content_type=PROBLEM),
    412: Answer("the customer has changed since it was read", content_type=PROBLEM),
    413: Answer("the body is too large", content_type=PROBLEM),
    422: Answer("the body is not valid", content_type=PROBLEM),
    428: Answer("If-Match is missing", content_type=PROBLEM),
    503: Answer("busy; read again, decide again", content_type=PROBLEM),
}
_IF_MATCH = Parameter("If-Match", "ETag of the customer as read", "header", required=True)

ROUTES: tuple[RouteDoc, ...] = (
    RouteDoc(
        "/v1/customers",
        "GET",
        "Whom an order, a parcel or a handle leads to; give one of them",
        responses={200: Answer("the customers, none where nobody is known", CustomerList), **_REFUSALS},
        roles=READERS,
        parameters=tuple(Parameter(name, about) for name, about in QUERIES.items()),
    ),
    RouteDoc(
        "/v1/customers/{customer_id}",
        "GET",
        "A customer, by any id that ever meant it; its ETag is its version",
        responses={200: Answer("the customer", CustomerView), **_REFUSALS, **_UNKNOWN},
        roles=READERS,
    ),
    RouteDoc(
        "/v1/customers/{customer_id}/merge",
        "POST",
        "Two customers are one person",
        request=MergeBody,
        responses={200: Answer("the customer after it", CustomerView), **_ACT_REFUSALS},
        roles=DECIDERS,
        parameters=(_IF_MATCH,),
    ),
    RouteDoc(
        "/v1/customers/{customer_id}/unmerge",
        "POST",
        "Undo a merge: what was absorbed is a customer of its own again",
        request=UnmergeBody,
        responses={200: Answer("the customer after it", CustomerView), **_ACT_REFUSALS},
        roles=DECIDERS,
        parameters=(_IF_MATCH,),
    ),
)

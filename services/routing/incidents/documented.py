"""The interface of incidents as OpenAPI tells it: what each path takes, answers and refuses (RO-12)."""

from pydantic import BaseModel, Field

from services.routing.acts import SENIOR
from services.routing.api import PAGE_MAX, ROLES
from services.routing.incidents.requests import ACTS, OpenBody
from shared.contracts.incidents import Incident, IncidentChanged
from shared.openapi import PROBLEM, Answer, Parameter, RouteDoc, act_refused, refused

LISTED = 100


class Figures(BaseModel):
    """How many customers and parcels it had so far, and how many parcels are still under it."""

    customers: int
    parcels: int
    open_parcels: int


class OneIncident(BaseModel):
    incident: Incident
    figures: Figures
    history: tuple[IncidentChanged, ...]


class Incidents(BaseModel):
    incidents: tuple[Incident, ...]


class LinkedParcel(BaseModel):
    tracking_number: str
    case_id: str
    case_number: str
    over: str | None = Field(None, description="why it is not under it any more")


class ParcelPage(BaseModel):
    parcels: tuple[LinkedParcel, ...]
    next: int | None = Field(None, description="`after` of the next page")


_REFUSALS = refused("the role, or this person, may not", "no such incident or case")
_ACT_REFUSALS = act_refused(_REFUSALS)
_OPEN_REFUSALS = {code: _ACT_REFUSALS[code] for code in (400, 401, 403, 422, 503)} | {
    409: Answer("an incident of this cause is open", content_type=PROBLEM)
}
_SENIOR = tuple(sorted(SENIOR))

ROUTES: tuple[RouteDoc, ...] = (
    RouteDoc(
        "/v1/incidents",
        "GET",
        "The incidents, the latest first",
        responses={200: Answer(f"at most {LISTED}", Incidents), **_REFUSALS},
        roles=ROLES,
        parameters=(Parameter("status", "open (default) or all", schema={"enum": ["open", "all"]}),),
    ),
    RouteDoc(
        "/v1/incidents",
        "POST",
        "Open an incident by hand",
        request=OpenBody,
        responses={201: Answer("the incident", Incident), **_OPEN_REFUSALS},
        roles=_SENIOR,
        parameters=(
            Parameter("Idempotency-Key", "a random key; a repeat gives the same answer", "header", required=True),
        ),
    ),
    RouteDoc(
        "/v1/incidents/{incident_id}",
        "GET",
        "One incident with its history and how many it affects; its ETag is its version",
        responses={200: Answer("the incident", OneIncident), **_REFUSALS},
        roles=ROLES,
    ),
    RouteDoc(
        "/v1/incidents/{incident_id}/parcels",
        "GET",
        "The parcels that came under it",
        responses={200: Answer("by customer", ParcelPage), **_REFUSALS},
        roles=ROLES,
        parameters=(
            Parameter("limit", f"customers, up to {PAGE_MAX}", schema={"type": "integer", "maximum": PAGE_MAX}),
            Parameter("after", "`next` of the page before", schema={"type": "integer"}),
        ),
    ),
    *(
        RouteDoc(
            f"/v1/incidents/{{incident_id}}/{name}",
            "POST",
            kind.summary,
            request=kind.body,
            responses={200: Answer("the incident after it", Incident), **_ACT_REFUSALS},
            roles=ROLES if name in ("acknowledge", "note") else _SENIOR,
            parameters=(Parameter("If-Match", "ETag of the incident as read", "header", required=True),),
        )
        for name, kind in ACTS.items()
    ),
)

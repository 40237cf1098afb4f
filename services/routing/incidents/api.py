"""Incidents over HTTP, for the desk: the list, one with its history and customers, and a lead's acts (RO-12)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.routing.acts import SENIOR, Actor
from services.routing.answers import Refusals, document
from services.routing.api import (
    BODY_LIMIT,
    PAGE,
    PAGE_MAX,
    ROLES,
    SKIP_MAX,
    Body,
    NoBody,
    Words,
    idempotency_key,
    whole,
)
from services.routing.desk import Desk
from services.routing.incidents.cause import site_of
from services.routing.incidents.coordinator import Coordinator, Wish
from services.routing.incidents.incident import Acknowledge, Act, Close, Estimate, LinkCase, Note, Opening, UnlinkCase
from shared.contracts.base import derived_id
from shared.contracts.incidents import Cause, Incident, IncidentChanged, Review, Scope
from shared.contracts.parcels import ExceptionKind
from shared.contracts.personal import Personal
from shared.openapi import PROBLEM, Answer, Parameter, RouteDoc
from shared.security.tokens import TokenVerifier
from shared.web import Problem, if_match, parse_model, read_body

LISTED = 100


class OpenBody(Body):
    """The cause, from wide to narrow: only the kind is the whole network; a site, a carrier, both, or a region."""

    kind: ExceptionKind
    site: Words | None = None
    carrier: Words | None = None
    region: Words | None = Field(None, description="a region of incidents.yaml")
    delay_hours: int | None = Field(None, ge=0, le=24 * 30, description="default: the scope's")
    since_minutes: int = Field(60, ge=0, le=24 * 60, description="open cases of so many minutes are linked too")


class TextBody(Body):
    text: Words


class EstimateBody(Body):
    delay_hours: int = Field(ge=0, le=24 * 30)


class CaseBody(Body):
    case_id: Words


class ReviewBody(Body):
    cause: Words = Field(description="what it was")
    remedy: Words = Field(description="what was done")
    prevention: Words = Field(description="what is to change")


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


@dataclass(frozen=True, slots=True)
class ActRoute:
    body: type[Body]
    summary: str
    act: Callable[[Actor, Body], Act]


def _note(actor: Actor, body: Body) -> Act:
    assert isinstance(body, TextBody)
    return Note(actor, Personal(body.text))


def _estimate(actor: Actor, body: Body) -> Act:
    assert isinstance(body, EstimateBody)
    return Estimate(actor, body.delay_hours)


def _link(actor: Actor, body: Body) -> Act:
    assert isinstance(body, CaseBody)
    return LinkCase(actor, body.case_id)


def _unlink(actor: Actor, body: Body) -> Act:
    assert isinstance(body, CaseBody)
    return UnlinkCase(actor, body.case_id)


def _close(actor: Actor, body: Body) -> Act:
    assert isinstance(body, ReviewBody)
    said = (Personal(text) for text in (body.cause, body.remedy, body.prevention))
    return Close(actor, Review(**dict(zip(("cause", "remedy", "prevention"), said, strict=True))))


ACTS: Mapping[str, ActRoute] = {
    "acknowledge": ActRoute(NoBody, "The task force is at work: meets the joint clock", lambda a, _: Acknowledge(a)),
    "note": ActRoute(TextBody, "Note progress", _note),
    "estimate": ActRoute(EstimateBody, "Expect another delay, also of what is under it; customers are told", _estimate),
    "link": ActRoute(CaseBody, "Put an open case under it", _link),
    "unlink": ActRoute(CaseBody, "Take a case out: it has another cause", _unlink),
    "close": ActRoute(ReviewBody, "Close with a review; its customers are told", _close),
}


REFUSED = Refusals(
    unknown=("No such incident or case", "突发事件或工单不存在。"),
    changed=("The incident has changed", "Read it again and decide again. 突发事件已变更，请刷新。"),
    key_reused=("Idempotency-Key was used for another incident", "Use a new key."),
)


@dataclass(frozen=True, slots=True)
class IncidentApi:
    coordinator: Coordinator
    desk: Desk
    verifier: TokenVerifier

    def routes(self) -> list[Route]:
        acts = [
            Route(f"/v1/incidents/{{incident_id}}/{name}", self._acting(name, kind), methods=["POST"])
            for name, kind in ACTS.items()
        ]
        return [
            Route("/v1/incidents", self.listed, methods=["GET"]),
            Route("/v1/incidents", self.open, methods=["POST"]),
            Route("/v1/incidents/{incident_id}", self.one, methods=["GET"]),
            Route("/v1/incidents/{incident_id}/parcels", self.parcels, methods=["GET"]),
            *acts,
        ]

    def _actor(self, request: Request) -> Actor:
        principal = self.verifier.require(request, *ROLES)
        return self.desk.actor(principal.subject, principal.roles, principal.groups)

    async def listed(self, request: Request) -> Response:
        self._actor(request)
        only_open = request.query_params.get("status", "open") != "all"
        return document(Incidents(incidents=tuple(await self.coordinator.incidents.listed(only_open, LISTED))))

    async def one(self, request: Request) -> Response:
        self._actor(request)
        incident_id = request.path_params["incident_id"]
        incident = await self.coordinator.incidents.get(incident_id)
        if incident is None:
            raise Problem(404, *REFUSED.unknown)
        figures = Figures.model_validate(await self.coordinator.incidents.figures(incident_id))
        history = tuple(await self.coordinator.incidents.history(incident_id))
        return document(OneIncident(incident=incident, figures=figures, history=history), incident.version)

    async def parcels(self, request: Request) -> Response:
        self._actor(request)
        query = request.query_params
        limit = whole(query.get("limit"), "limit", PAGE, PAGE_MAX)
        after = whole(query.get("after"), "after", 0, SKIP_MAX)
        found = await self.coordinator.incidents.parcels(request.path_params["incident_id"], limit + 1, after)
        shown = [
            LinkedParcel(tracking_number=p.tracking_number, case_id=p.case_id, case_number=p.case_number, over=p.over)
            for customer in found[:limit]
            for p in customer.parcels
        ]
        return document(ParcelPage(parcels=tuple(shown), next=after + limit if len(found) > limit else None))

    async def open(self, request: Request) -> Response:
        actor = self._actor(request)
        if not actor.senior:
            raise Problem(403, "Not allowed", "A lead opens incidents. 仅组长可发起突发事件。")
        body = parse_model(OpenBody, await read_body(request, BODY_LIMIT) or b"{}")
        key = idempotency_key(request)
        cause = cause_asked(body, frozenset(self.coordinator.rules.regions.values()))
        opening = Opening(
            incident_id=derived_id(f"{actor.agent}/{key}", "incident"),
            cause=cause,
            origin="person",
            by=actor.agent,
            since=self.coordinator.now() - timedelta(minutes=body.since_minutes),
            delay_hours=body.delay_hours
            if body.delay_hours is not None
            else self.coordinator.rules.scopes[cause.scope].delay_hours,
        )
        fingerprint = sha256(body.model_dump_json().encode()).hexdigest()
        incident = await REFUSED.settled(self.coordinator.open(opening, fingerprint))
        return document(incident, incident.version, 201)

    def _acting(self, name: str, kind: ActRoute) -> Callable[[Request], Awaitable[Response]]:
        async def act(request: Request) -> Response:
            actor = self._actor(request)
            body = parse_model(kind.body, await read_body(request, BODY_LIMIT) or b"{}")
            version, what = if_match(request, "incident"), f"{name}/{body.model_dump_json()}"
            wish = Wish(request.path_params["incident_id"], version, kind.act(actor, body), what)
            incident = await REFUSED.settled(self.coordinator.do(wish))
            return document(incident, incident.version)

        return act


def cause_asked(body: OpenBody, regions: frozenset[str]) -> Cause:
    """The cause that the body names. Raises `Problem` 422 for a region that is unknown, or not alone."""
    if body.region is not None:
        if body.site is not None or body.carrier is not None or body.region not in regions:
            known = ", ".join(sorted(regions))
            raise Problem(422, "region is not valid", f"Alone, and one of {known}.")
        return Cause(scope=Scope.REGION, kind=body.kind, region=body.region)
    site = site_of(body.site) if body.site else None
    carrier = body.carrier.strip().lower() if body.carrier else None
    if site and carrier:
        return Cause(scope=Scope.CARRIER_SITE, kind=body.kind, site=site, carrier=carrier)
    if site:
        return Cause(scope=Scope.SITE, kind=body.kind, site=site)
    if carrier:
        return Cause(scope=Scope.CARRIER, kind=body.kind, carrier=carrier)
    return Cause(scope=Scope.SYSTEM, kind=body.kind)


_REFUSALS = {
    400: Answer("the request is not well formed", content_type=PROBLEM),
    401: Answer("no valid token", content_type=PROBLEM),
    403: Answer("the role, or this person, may not", content_type=PROBLEM),
    404: Answer("no such incident or case", content_type=PROBLEM),
}
_ACT_REFUSALS = {
    **_REFUSALS,
    409: Answer("not possible in this state; `reason` says why", content_type=PROBLEM),
    412: Answer("it has changed since it was read", content_type=PROBLEM),
    422: Answer("the body is not valid", content_type=PROBLEM),
    428: Answer("If-Match is missing", content_type=PROBLEM),
    503: Answer("busy; send the same request again", content_type=PROBLEM),
}
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

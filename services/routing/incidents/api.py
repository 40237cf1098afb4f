"""Incidents over HTTP, for the desk: the list, one with its history and customers, and a lead's acts (RO-12)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.routing.acts import Actor
from services.routing.answers import Refusals, document
from services.routing.api import BODY_LIMIT, PAGE, PAGE_MAX, ROLES, SKIP_MAX, idempotency_key, whole
from services.routing.desk import Desk
from services.routing.incidents.coordinator import Coordinator, Wish
from services.routing.incidents.documented import LISTED, Figures, Incidents, LinkedParcel, OneIncident, ParcelPage
from services.routing.incidents.documented import ROUTES as ROUTES
from services.routing.incidents.incident import Opening
from services.routing.incidents.requests import ACTS, ActRoute, OpenBody, cause_asked
from shared.contracts.base import derived_id
from shared.security.tokens import TokenVerifier
from shared.web import Problem, if_match, parse_model, read_body

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

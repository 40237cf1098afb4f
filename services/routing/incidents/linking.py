"""The open incidents and affected customers of one batch of exceptions, as the decisions so far left them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.routing.incidents.affected import Affected, Linked, Outcome, affected_id, link, release
from services.routing.incidents.cause import Cell, cell_of, covers
from services.routing.incidents.rules import IncidentRules
from services.routing.persons import owner_of
from services.routing.state import CaseState, Joint
from shared.contracts.cases import Case
from shared.contracts.incidents import Incident, IncidentParcel
from shared.contracts.parcels import ParcelExceptionCleared, ParcelExceptionRaised


class Wanted(NamedTuple):
    """What has to be loaded for a batch: affected customers by id, and those with these parcels."""

    ids: tuple[str, ...]
    tracking_numbers: tuple[str, ...]


def wanted(events: Iterable[object], incidents: Sequence[Incident], rules: IncidentRules) -> Wanted:
    ids: dict[str, None] = {}
    numbers: dict[str, None] = {}
    for event in events:
        if isinstance(event, ParcelExceptionRaised):
            incident = incident_of(cell_of(event.kind, event.parcel), incidents, rules)
            if incident is not None:
                ids[affected_id(incident.incident_id, owner_of(event.parcel).customer_id)] = None
        elif isinstance(event, ParcelExceptionCleared):
            numbers[event.parcel.tracking_number] = None
    return Wanted(tuple(ids), tuple(numbers))


def incident_of(cell: Cell, incidents: Sequence[Incident], rules: IncidentRules) -> Incident | None:
    """The incident that the exception belongs to: of several the one that was opened first."""
    of_it = (incident for incident in incidents if covers(incident.cause, cell, rules.regions))
    return min(of_it, key=lambda incident: (incident.opened_at, incident.incident_id), default=None)


def linked(case: Case) -> Linked:
    """The parcel of a case that is under the incident, expected as the case says."""
    return Linked(
        tracking_number=case.tracking_numbers[0] if case.tracking_numbers else case.number,
        case_id=case.case_id,
        case_number=case.number,
        exception_id=case.exception_id,
        customer=case.customer,
        expected_at=case.estimate.at if case.estimate else None,
    )


def customer_of(case: Case) -> str:
    """Whom the parcel concerns, so that by whatever way it is linked its customer is the same."""
    return owner_of(case.parcel).customer_id if case.parcel is not None else case.customer.customer_id


class Links:
    """`loaded`: the affected customers that were asked for; of those in `looked_up` what is not there is new."""

    def __init__(
        self,
        incidents: Sequence[Incident],
        loaded: Mapping[str, Affected],
        looked_up: Iterable[str],
        rules: IncidentRules,
    ) -> None:
        self._looked_up = frozenset(looked_up)
        self._incidents = incidents
        self._rules = rules
        self._affected = dict(loaded)
        self.loaded = loaded
        self.changed: dict[str, Affected] = {}

    def joint(self, event: object) -> Joint | None:
        """The incident that an exception belongs to, and whether it keeps a case of its own nevertheless."""
        if not isinstance(event, ParcelExceptionRaised):
            return None
        incident = incident_of(cell_of(event.kind, event.parcel), self._incidents, self._rules)
        if incident is None:
            return None
        own_case = event.kind in self._rules.own_case
        return Joint(incident.incident_id, incident.number, incident.delay_hours, own_case)

    def hear(self, event: object, state: CaseState | None, now: datetime) -> tuple[IncidentParcel, ...]:
        """The news of an exception on the case that it left in `state` (None: there is none): its parcel came under
        an incident, or moved on."""
        if isinstance(event, ParcelExceptionRaised) and state is not None:
            return self._came(state, now)
        if isinstance(event, ParcelExceptionCleared):
            return self._went(event, _waiting(state), now)
        return ()

    def _came(self, state: CaseState, now: datetime) -> tuple[IncidentParcel, ...]:
        incident = next((one for one in self._incidents if one.incident_id == state.case.incident_id), None)
        if incident is None:
            return ()
        customer_id = customer_of(state.case)
        key = affected_id(incident.incident_id, customer_id)
        if key not in self._looked_up:
            return ()
        before = self._affected.get(key)
        return self._keep(link(before, incident, customer_id, linked(state.case), _waiting(state), now))

    def _went(
        self, cleared: ParcelExceptionCleared, waiting: CaseState | None, now: datetime
    ) -> tuple[IncidentParcel, ...]:
        news: tuple[IncidentParcel, ...] = ()
        for affected in list(self._affected.values()):
            for parcel in affected.open:
                if parcel.exception_id == cleared.exception_id:
                    news += self._keep(release(affected, parcel.tracking_number, "moved_on", waiting, now))
        return news

    def _keep(self, outcome: Outcome | None) -> tuple[IncidentParcel, ...]:
        if outcome is None:
            return ()
        affected, news = outcome
        self._affected[affected.affected_id] = self.changed[affected.affected_id] = affected
        return (news,)


def _waiting(state: CaseState | None) -> CaseState | None:
    """The case as long as it is only reserved."""
    return state if state is not None and state.reserved else None

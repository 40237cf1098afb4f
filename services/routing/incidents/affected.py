"""A customer of an incident with the parcels that are under it: told once when it begins and once when it is over, and
so again where a parcel comes under it after that.

The database has one document for each incident and customer, so that two processes that find two parcels of one
customer at once collide there, and the customer gets one notice (RO-12). Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from services.routing.state import CaseState
from shared.contracts.base import Instant, derived_id
from shared.contracts.incidents import Cause, Incident, IncidentParcel, OverReason
from shared.contracts.people import Customer


@dataclass(frozen=True, slots=True)
class Linked:
    """A parcel under the incident. `over`: why it is not any more; `version`: of its customer when that changed;
    `delay_hours`: the incident's estimate that its own follows from."""

    tracking_number: str
    case_id: str
    case_number: str
    exception_id: str | None
    customer: Customer
    expected_at: Instant | None = None
    over: OverReason | None = None
    version: int = 0
    delay_hours: int | None = None


@dataclass(frozen=True, slots=True)
class Affected:
    """`told_hours`: the incident's estimate when this customer was told last, with `told_version`, which was theirs."""

    incident_id: str
    incident_number: str
    cause: Cause
    customer_id: str
    version: int
    parcels: tuple[Linked, ...]
    told_hours: int | None = None
    told_version: int = 0

    @property
    def affected_id(self) -> str:
        return affected_id(self.incident_id, self.customer_id)

    @property
    def open(self) -> tuple[Linked, ...]:
        return tuple(parcel for parcel in self.parcels if parcel.over is None)


STORED = TypeAdapter(Affected)
Outcome = tuple[Affected, IncidentParcel]


def affected_id(incident_id: str, customer_id: str) -> str:
    return derived_id(incident_id, f"affected/{customer_id}")


def link(
    affected: Affected | None,
    incident: Incident,
    customer_id: str,
    parcel: Linked,
    waiting: CaseState | None,
    now: datetime,
) -> Outcome | None:
    """The customer with one parcel more; None where it is under the incident already. `waiting`: its reserved case."""
    if affected is None:
        affected = Affected(incident.incident_id, incident.number, incident.cause, customer_id, 0, ())
    tell = not affected.open
    others = tuple(known for known in affected.parcels if known.tracking_number != parcel.tracking_number)
    if any(known.tracking_number == parcel.tracking_number for known in affected.open):
        return None
    version = affected.version + 1
    parcel = replace(parcel, version=version, delay_hours=incident.delay_hours)
    after = replace(affected, version=version, parcels=(*others, parcel))
    return _told(after, incident.delay_hours, tell), _news(after, parcel, "affected", waiting, tell, now)


def expect(
    affected: Affected,
    parcel: Linked,
    delay_hours: int,
    expected_at: datetime | None,
    moved: bool,
    waiting: CaseState | None,
    now: datetime,
) -> tuple[Affected, IncidentParcel | None]:
    """The customer after the incident's other estimate reached one of their parcels; news only where that is expected
    at another time. The first such parcel tells it, the further ones are only shown."""
    version = affected.version + 1
    after_it = replace(parcel, version=version, delay_hours=delay_hours, expected_at=expected_at)
    parcels = tuple(after_it if known is parcel else known for known in affected.parcels)
    after = replace(affected, version=version, parcels=parcels)
    if not moved:
        return after, None
    tell = affected.told_hours != delay_hours
    return _told(after, delay_hours, tell), _news(after, after_it, "estimated", waiting, tell, now)


def release(
    affected: Affected, tracking_number: str, reason: OverReason, waiting: CaseState | None, now: datetime
) -> Outcome:
    """The customer with one parcel less. Told with the last one, unless the parcel's own case tells it: an open case
    tells that its parcel moves on; a reserved one is opened where its parcel still stands when the incident closes.
    """
    (parcel,) = (known for known in affected.open if known.tracking_number == tracking_number)
    over = replace(parcel, over=reason, version=affected.version + 1)
    parcels = tuple(over if known is parcel else known for known in affected.parcels)
    after = replace(affected, version=affected.version + 1, parcels=parcels)
    is_open = waiting is None
    its_case_tells = not is_open if reason == "closed" else is_open
    return after, _news(after, over, "over", waiting, not after.open and not its_case_tells, now)


def _told(affected: Affected, delay_hours: int | None, tell: bool) -> Affected:
    return replace(affected, told_hours=delay_hours, told_version=affected.version) if tell else affected


def _news(
    affected: Affected, parcel: Linked, move: str, waiting: CaseState | None, tell: bool, now: datetime
) -> IncidentParcel:
    return IncidentParcel.model_validate(
        {
            "incident_id": affected.incident_id,
            "incident_number": affected.incident_number,
            "cause": affected.cause,
            "move": move,
            "reason": parcel.over,
            "tracking_number": parcel.tracking_number,
            "case_id": parcel.case_id,
            "case_number": parcel.case_number,
            "reserved": waiting is not None,
            "owner_id": affected.customer_id,
            "owner_version": affected.version,
            "exception_id": parcel.exception_id,
            "customer": parcel.customer,
            "tell": tell,
            "expected_at": parcel.expected_at,
            "delay_hours": parcel.delay_hours,
            "at": now,
            "waiting": waiting.case if waiting else None,
            "keys": waiting.open_keys if waiting else (),
        }
    )


def retold(events: Sequence[IncidentParcel], known: Mapping[str, Affected]) -> dict[str, Affected]:
    """The customers as their parcels' news tell of them, whatever the order: the later version of a parcel holds."""
    found = dict(known)
    for event in events:
        key = affected_id(event.incident_id, event.owner_id)
        before = found.get(key)
        parcel = Linked(
            event.tracking_number,
            event.case_id,
            event.case_number,
            event.exception_id,
            event.customer,
            event.expected_at,
            event.reason,
            event.owner_version,
            event.delay_hours,
        )
        held = before.parcels if before else ()
        same = next((one for one in held if one.tracking_number == parcel.tracking_number), None)
        if same is None or same.version < parcel.version:
            held = (*(one for one in held if one is not same), parcel)
        version = max(event.owner_version, before.version if before else 0)
        about = (event.incident_id, event.incident_number, event.cause, event.owner_id)
        told = (before.told_hours, before.told_version) if before else (None, 0)
        if event.tell and event.move != "over" and event.owner_version > told[1]:
            told = (event.delay_hours, event.owner_version)
        found[key] = Affected(*about, version, held, *told)
    return found

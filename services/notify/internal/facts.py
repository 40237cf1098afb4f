"""The variables of pushes' templates, by kind; the declared sets stand here (NO-7, NO-8). Pure.

Of customers they hold what the hand-over of a work order says, and nothing else (SY-5).
"""

from collections.abc import Mapping
from typing import Any

from services.notify.internal.words import Tongue
from shared.contracts.cases import Case, Clock, ClockState, Escalated
from shared.contracts.handovers import ShiftHandedOver
from shared.contracts.incidents import Cause, Incident
from shared.contracts.parcels import Parcel
from shared.contracts.pushes import PushKind
from shared.contracts.staff import Party, PartyKind
from shared.contracts.work_orders import OwnerKind, WorkOrderChanged

COMMON = frozenset({"language", "number", "name", "party"})
_INCIDENT = frozenset({"exception", "where", "since", "respond_by", "task_force", "count", "delay_hours", "level"})
_CASE = frozenset({"kind", "priority", "group", "tracking", "opened", "due"})
_ORDER = frozenset({"title", "owner", "due", "fields", "link", "reason", "sent"})
OWN: Mapping[PushKind, frozenset[str]] = {
    PushKind.ESCALATION: _CASE | {"reason", "role", "level", "critical"},
    PushKind.INCIDENT_OPENED: _INCIDENT,
    PushKind.INCIDENT_ESCALATION: _INCIDENT,
    PushKind.ORDER_HANDOVER: _ORDER,
    PushKind.ORDER_REMINDER: _ORDER,
    PushKind.ORDER_OVERDUE: _ORDER,
    PushKind.ORDER_BACK: _ORDER,
    PushKind.SHIFT_HANDOVER: _CASE | {"reason", "agent", "yours", "noted"},
}
"""What each kind's templates may use, besides the common ones."""


def of_escalation(case: Case, change: Escalated, tongue: Tongue) -> dict[str, Any]:
    return {
        "reason": tongue.reason(change.reason),
        "role": tongue.party(Party(kind=PartyKind.ROLE, name=change.role)),
        "level": change.level,
        "critical": change.critical,
        **_of_case(case, tongue),
    }


def of_hand_over(case: Case, change: ShiftHandedOver, tongue: Tongue) -> dict[str, Any]:
    """`yours`: who is told has the case now, else it is in the queue. The agent's note stands on the case: it may name
    the customer."""
    return {
        "reason": tongue.leaving(change.reason),
        "agent": change.agent,
        "yours": change.to == "agent",
        "noted": change.note is not None,
        **_of_case(case, tongue),
    }


def _of_case(case: Case, tongue: Tongue) -> dict[str, Any]:
    due = _next_due(case.clocks)
    return {
        "kind": tongue.case_kind(case.classification.kind),
        "priority": case.classification.priority,
        "group": tongue.group(case.group),
        "tracking": ", ".join(case.tracking_numbers),
        "opened": tongue.time(case.opened_at),
        "due": tongue.time(due.due_at) if due else "",
    }


def of_incident(incident: Incident, tongue: Tongue) -> dict[str, Any]:
    return {
        "exception": tongue.exception(incident.cause.kind),
        "where": _where(incident.cause, tongue.language),
        "since": tongue.time(incident.since),
        "respond_by": tongue.time(incident.clock.due_at),
        "task_force": [tongue.party(Party(kind=PartyKind(m.kind.value), name=m.name)) for m in incident.task_force],
        "count": incident.surprise.count if incident.surprise else 0,
        "delay_hours": incident.delay_hours,
        "level": incident.escalation_level,
    }


def of_order(event: WorkOrderChanged, tongue: Tongue) -> dict[str, Any]:
    order = event.order
    mine = order.owner.kind is not OwnerKind.HANDLER
    return {
        "title": tongue.order_kind(order.kind),
        "owner": tongue.party(Party(kind=PartyKind(order.owner.kind.value), name=order.owner.name)) if mine else "",
        "sent": tongue.time(order.sent_at),
        "due": tongue.time(order.due_at),
        "fields": [(tongue.field(field.name), field.value.reveal()) for field in order.handover] if mine else [],
        "link": event.link.reveal() if event.link and mine else "",
        "reason": order.reason.reveal() if order.reason and not mine else "",
    }


def places_of(parcel: Parcel | None) -> tuple[str, ...]:
    """Where the parcel is, as far as its last scans say."""
    placed = [point.place for point in (parcel.track if parcel else ()) if point.place]
    return tuple(placed[-1:])


def _next_due(clocks: tuple[Clock, ...]) -> Clock | None:
    """The time limit that matters most: the first that ended, else the one that ends first."""
    running = [clock for clock in clocks if clock.state not in (ClockState.MET, ClockState.PAUSED)]
    return min(running, key=lambda clock: clock.due_at, default=None)


def _where(cause: Cause, language: str) -> str:
    parts = [part for part in (cause.carrier, cause.site or cause.region) if part]
    return " · ".join(parts) or ("the whole network" if language == "en" else "全网")

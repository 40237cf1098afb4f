"""What of an event staff or partners are to be told: to which party, by which channels, with which facts. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from services.notify.internal import facts
from services.notify.internal.words import Tongue
from shared.contracts.cases import CaseChanged, Escalated
from shared.contracts.handovers import ShiftHandedOver
from shared.contracts.incidents import IncidentChanged, IncidentEscalated, IncidentOpened
from shared.contracts.pushes import PushKind
from shared.contracts.staff import Party, PartyKind, StaffRole
from shared.contracts.work_orders import OrderStatus, Owner, OwnerKind, WorkOrderChanged

Event = CaseChanged | IncidentChanged | WorkOrderChanged
TASK_FORCE_CHANNELS: tuple[str, ...] = ("webhook", "mail")
DESK = frozenset({"desk"})
LEAD = Party(kind=PartyKind.ROLE, name=StaffRole.LEAD)

ORDER_KINDS: Mapping[str, PushKind] = {
    "opened": PushKind.ORDER_HANDOVER,
    "sent": PushKind.ORDER_HANDOVER,
    "warned": PushKind.ORDER_REMINDER,
    "overdue": PushKind.ORDER_OVERDUE,
    "rejected": PushKind.ORDER_BACK,
    "returned": PushKind.ORDER_BACK,
}
"""Changes of a work order that somebody is told; the desk and the case show the others."""


@dataclass(frozen=True, slots=True)
class Matter:
    """`place`: which step of its event; a person who answers for several parties of one step is told once. `channels`
    may be empty: then by the person's own ways. `facts` gives the variables of the kind's templates."""

    kind: PushKind
    place: str
    subject_id: str
    number: str
    party: Party
    channels: tuple[str, ...]
    facts: Callable[[Tongue], dict[str, Any]]
    group: str | None = None
    places: tuple[str, ...] = ()


def matters_of(event: Event) -> Iterator[Matter]:
    if isinstance(event, CaseChanged):
        yield from _of_case(event)
    elif isinstance(event, IncidentChanged):
        yield from _of_incident(event)
    else:
        yield from _of_order(event)


def _of_case(event: CaseChanged) -> Iterator[Matter]:
    """Each rung goes to its role; what an agent who goes hands over, to whoever has it next."""
    case = event.case
    for place, change in enumerate(event.changes):
        if isinstance(change, Escalated) and not _desk_alone(change.channels):
            kind, where, channels = PushKind.ESCALATION, f"escalated/{place}", change.channels
            party, told = Party(kind=PartyKind.ROLE, name=change.role), partial(facts.of_escalation, case, change)
        elif isinstance(change, ShiftHandedOver) and (next_one := _next_of(change)) is not None:
            kind, where, channels = PushKind.SHIFT_HANDOVER, f"handed_over/{place}", ()
            party, told = next_one, partial(facts.of_hand_over, case, change)
        else:
            continue
        yield Matter(
            kind=kind,
            place=where,
            subject_id=case.case_id,
            number=case.number,
            party=party,
            channels=channels,
            facts=told,
            group=case.group,
            places=facts.places_of(case.parcel),
        )


def _next_of(change: ShiftHandedOver) -> Party | None:
    """The agent who has the case now, or the lead of the group in whose queue it is; None: it stays, or came back to
    the queue because its customer wrote, as any other case does."""
    if change.to_agent is not None:
        return Party(kind=PartyKind.AGENT, name=change.to_agent)
    return LEAD if change.to == "queue" and change.reason != "woken" else None


def _of_incident(event: IncidentChanged) -> Iterator[Matter]:
    """The task force hears of the opening; each step of the ladder goes to its role."""
    incident = event.incident
    for place, change in enumerate(event.changes):
        if isinstance(change, IncidentOpened):
            kind, channels, where = PushKind.INCIDENT_OPENED, TASK_FORCE_CHANNELS, "opened"
            parties = [Party(kind=PartyKind(m.kind.value), name=m.name) for m in incident.task_force]
        elif isinstance(change, IncidentEscalated) and not _desk_alone(change.channels):
            kind, channels, where = PushKind.INCIDENT_ESCALATION, change.channels, f"escalated/{place}"
            parties = [Party(kind=PartyKind.ROLE, name=change.role)]
        else:
            continue
        cause = incident.cause
        for party in parties:
            yield Matter(
                kind=kind,
                place=where,
                subject_id=incident.incident_id,
                number=incident.number,
                party=party,
                channels=channels,
                facts=partial(facts.of_incident, incident),
                places=tuple(name for name in (cause.site, cause.region) if name),
            )


def _of_order(event: WorkOrderChanged) -> Iterator[Matter]:
    """Its owner gets it, is reminded, hears that it is late; what came back is told to the lead of its handler."""
    order = event.order
    kinds = [ORDER_KINDS[change.type] for change in event.changes if change.type in ORDER_KINDS]
    if not kinds or order.status in (OrderStatus.COMPLETED, OrderStatus.CANCELLED):
        return
    kind = kinds[-1]
    party = LEAD if order.owner.kind is OwnerKind.HANDLER else _party(order.owner)
    yield Matter(
        kind=kind,
        place=kind.value,
        subject_id=order.order_id,
        number=order.case_number,
        party=party,
        channels=(),
        facts=partial(facts.of_order, event),
        group=order.owner.name if party is LEAD else None,
    )


def _party(owner: Owner) -> Party:
    return Party(kind=PartyKind(owner.kind.value), name=owner.name)


def _desk_alone(channels: tuple[str, ...]) -> bool:
    """The desk shows it by itself."""
    return bool(channels) and DESK.issuperset(channels)

"""Events of which staff and partners are told, for the tests."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from aiokafka import ConsumerRecord

from services.notify.example import story
from services.notify.internal.planning import PushPlanner
from services.notify.internal.staff import load_directory
from services.notify.internal.texts import load_texts
from services.notify.internal.words import load_push_words
from services.notify.ruleset import load_rules
from shared.contracts.cases import CASE_CHANGED, CaseChanged, Clock, ClockKind, ClockState, Escalated
from shared.contracts.handovers import ShiftHandedOver
from shared.contracts.incidents import (
    Cause,
    Incident,
    IncidentChange,
    IncidentChanged,
    IncidentOpened,
    IncidentStatus,
    Member,
    MemberKind,
    Scope,
    Surprise,
)
from shared.contracts.parcels import ExceptionKind
from shared.contracts.personal import Personal
from shared.contracts.pushes import PushRequested
from shared.contracts.topics import CASES
from shared.contracts.work_orders import (
    HandoverField,
    OrderChange,
    OrderOpened,
    OrderStatus,
    Owner,
    OwnerKind,
    WorkOrder,
    WorkOrderChanged,
)
from shared.messaging.message import Incoming, outgoing
from shared.messaging.outcome import Done

TODAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DIRECTORY = load_directory(TODAY)
PLANNER = PushPlanner(DIRECTORY, load_texts(), load_push_words(TODAY), load_rules(TODAY).words)
COURIER = Owner(kind=OwnerKind.PARTNER, name="courier")
HANDLER = Owner(kind=OwnerKind.HANDLER, name="zhao.min")
LINK = "https://desk.example/partner/abc.def"


def escalated(
    role: str = "lead", channels: tuple[str, ...] = ("desk", "webhook"), at: datetime = AT, **case: Any
) -> CaseChanged:
    opened = next(iter(story("zh")))
    assert isinstance(opened, CaseChanged)
    step = Escalated(level=1, role=role, reason="first_response_breached", channels=channels)
    changed = {"version": 9, "group": "complaints", "opened_at": at - timedelta(hours=5), **case}
    return opened.model_copy(update={"changes": (step,), "case": opened.case.model_copy(update=changed), "at": at})


def handed_over(group: str = "tracing", **change: Any) -> CaseChanged:
    """At the end of their shift `liu.yang` hands the case over, with a note."""
    fields = {"reason": "shift_end", "to": "queue", "note": Personal("找不到包裹"), **change}
    step = ShiftHandedOver(agent="liu.yang", group=group, **fields)
    return escalated(group=group).model_copy(update={"changes": (step,)})


def order_changed(
    *changes: OrderChange,
    owner: Owner = COURIER,
    status: OrderStatus = OrderStatus.OFFERED,
    at: datetime = AT,
    **fields: Any,
) -> WorkOrderChanged:
    handover = (
        HandoverField(name="problem", value=Personal("显示签收未收到")),
        HandoverField(name="tracking", value=Personal("SF100")),
        HandoverField(name="seal", value=Personal("A7")),
    )
    order = WorkOrder(
        order_id="o1",
        version=1,
        case_id="c1",
        case_number="PC7K2M9Q4D",
        kind="verify_sign",
        owner=owner,
        status=status,
        handover=handover,
        opened_by="zhao.min",
        opened_at=at,
        sent_at=at,
        due_at=at + timedelta(hours=2),
        **fields,
    )
    link = Personal(LINK) if owner.kind is not OwnerKind.HANDLER else None
    return WorkOrderChanged(changes=changes or (OrderOpened(by="zhao.min"),), order=order, at=at, link=link)


def incident_changed(*changes: IncidentChange, at: datetime = AT, site: str = "武汉转运中心") -> IncidentChanged:
    members = (
        Member(kind=MemberKind.GROUP, name="tracing"),
        Member(kind=MemberKind.DEPARTMENT, name="hub"),
        Member(kind=MemberKind.DEPARTMENT, name="moonbase"),
        Member(kind=MemberKind.DEPARTMENT, name="marsbase"),
        Member(kind=MemberKind.ROLE, name="regional_specialist"),
    )
    clock = Clock(
        kind=ClockKind.FIRST_RESPONSE,
        state=ClockState.RUNNING,
        started_at=at,
        warn_at=at + timedelta(minutes=21),
        due_at=at + timedelta(minutes=30),
        rule="joint_response",
    )
    incident = Incident(
        incident_id="i1",
        number="IN7K2M9Q4D",
        version=1,
        cause=Cause(scope=Scope.SITE, kind=ExceptionKind.DELAY, site=site),
        origin="detector",
        surprise=Surprise(count=23, expected=1.5, window_minutes=60, probability=1e-9),
        status=IncidentStatus.OPEN,
        opened_by="detector",
        opened_at=at,
        since=at - timedelta(hours=1),
        updated_at=at,
        delay_hours=24,
        clock=clock,
        task_force=members,
    )
    return IncidentChanged(changes=changes or (IncidentOpened(by="detector"),), incident=incident, at=at)


def record(event: Any, event_id: str = "e1") -> Incoming[Any]:
    return Incoming(event_id, "t", event, "k", AT, "t", 0, 0, 0)


def on_topic(event: CaseChanged) -> "ConsumerRecord[bytes, bytes]":
    """As it stands on cases.v1."""
    out = outgoing(CASES, event, type=CASE_CHANGED, key=event.case.case_id, cause="e", time=event.at, source="test")
    headers = tuple(out.headers())
    return ConsumerRecord(CASES.name, 0, 1, 0, 0, out.key.encode(), out.value, None, 0, 0, headers)


def pushes(event: Any, now: datetime = AT, planner: PushPlanner = PLANNER) -> list[PushRequested]:
    """What is planned for the event, as it comes from the topic."""
    outcome = planner.plan(record(event), now)
    messages = outcome.messages if isinstance(outcome, Done) else ()
    return [PushRequested.model_validate_json(message.value) for message in messages]

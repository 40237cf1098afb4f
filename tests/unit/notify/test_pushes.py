"""NO-7, RO-8, RO-9, RO-12: of what staff and partners are told, who is, by which way first, and in which words."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.notify.example import story
from services.notify.internal.facts import COMMON, OWN
from services.notify.internal.texts import DIRECTORY as TEMPLATES
from services.notify.internal.texts import load_texts
from services.notify.internal.wiring import of_concern
from services.notify.internal.words import load_push_words
from services.notify.tables import TableError
from services.notify.templates import TemplateProblem
from shared.contracts.cases import CaseChanged
from shared.contracts.incidents import IncidentEscalated, IncidentNoted
from shared.contracts.personal import Personal
from shared.contracts.pushes import PushKind
from shared.contracts.work_orders import (
    OrderAccepted,
    OrderCompleted,
    OrderNoted,
    OrderOverdue,
    OrderReturned,
    OrderSent,
    OrderStatus,
    OrderWarned,
    Owner,
    OwnerKind,
)
from shared.messaging.outcome import Dead, Done, Ignored
from shared.messaging.record import Skipped
from tests.unit.notify.pushes import (
    AT,
    COURIER,
    HANDLER,
    LINK,
    PLANNER,
    TODAY,
    escalated,
    handed_over,
    incident_changed,
    on_topic,
    order_changed,
    pushes,
    record,
)

TEXT = Personal("找不到包裹")


@pytest.mark.req("NO-7", "RO-8")
@pytest.mark.parametrize(
    ("role", "channels", "group", "person", "ways"),
    [
        ("lead", ("desk", "webhook"), "complaints", "lead", ("webhook", "mail", "phone")),
        ("lead", ("desk", "webhook"), "vip", "lead.vip", ("webhook", "mail", "phone")),
        ("lead", (), "claims", "lead.claims", ("webhook", "mail", "phone")),
        ("supervisor", ("phone", "mail"), "general", "duty.manager", ("phone", "mail", "webhook")),
        ("supervisor", ("sms",), "general", "duty.manager", ("sms", "webhook", "mail", "phone")),
        ("courier", ("phone", "webhook"), "tracing", "courier.desk", ("phone", "webhook", "mail")),
        ("astronaut", ("mail",), "general", "duty.manager", ("mail", "webhook", "phone")),
    ],
)
def test_a_step_goes_to_its_role_by_its_own_channels_first(
    role: str, channels: tuple[str, ...], group: str, person: str, ways: tuple[str, ...]
) -> None:
    (push,) = pushes(escalated(role, channels, group=group))
    assert (push.person, (push.way, *push.then)) == (person, ways)
    assert (push.kind, push.party) == (PushKind.ESCALATION, f"role/{role}")
    assert push.push_id.startswith("push-")


@pytest.mark.req("NO-7", "RO-8")
def test_the_same_event_gives_the_same_push_and_another_event_another() -> None:
    once, again, other = (PLANNER.plan(record(escalated(), i), AT) for i in ("e1", "e1", "e2"))
    assert isinstance(once, Done)
    assert isinstance(again, Done)
    assert isinstance(other, Done)
    assert [m.id for m in once.messages] == [m.id for m in again.messages]
    assert {m.id for m in once.messages}.isdisjoint(m.id for m in other.messages)


@pytest.mark.req("NO-7")
@pytest.mark.parametrize(
    "event",
    [
        escalated(channels=("desk",)),
        order_changed(OrderAccepted(by="x"), status=OrderStatus.ACCEPTED),
        order_changed(OrderNoted(by="x", text=TEXT)),
        order_changed(OrderCompleted(by="x", result=TEXT), status=OrderStatus.COMPLETED),
        order_changed(OrderOverdue(owner=COURIER), OrderCompleted(by="x", result=TEXT), status=OrderStatus.COMPLETED),
        incident_changed(IncidentNoted(by="x", text=TEXT)),
    ],
)
def test_what_the_desk_shows_alone_is_pushed_to_nobody(event: Any) -> None:
    assert isinstance(PLANNER.plan(record(event), AT), Ignored)


@pytest.mark.req("NO-7")
def test_what_is_long_past_is_pushed_to_nobody() -> None:
    assert len(pushes(escalated(), now=AT + timedelta(hours=24))) == 1
    assert pushes(escalated(), now=AT + timedelta(hours=24, seconds=1)) == []


@pytest.mark.req("RO-4", "NO-7")
@pytest.mark.parametrize(
    ("change", "group", "person", "line"),
    [
        ({"to": "agent", "to_agent": "zhao.min"}, "tracing", "agent.zhao.min", "已转给您：当班结束"),
        ({"to": "agent", "to_agent": "emma.clarke"}, "tracing", "agent.emma.clarke", "is yours now: the shift ended"),
        ({"to": "queue", "reason": "signed_off"}, "claims", "lead.claims", "已回到队列：坐席已签退"),
        ({"to": "queue", "reason": "asked"}, "vip", "lead.vip", "is back in the queue: the agent asked for it"),
    ],
)
def test_whoever_has_a_case_after_an_agent_who_goes_is_told(
    change: dict[str, Any], group: str, person: str, line: str
) -> None:
    event = handed_over(group=group, **change)
    (push,) = pushes(event)
    assert (push.kind, push.person, push.subject_id) == (PushKind.SHIFT_HANDOVER, person, event.case.case_id)
    assert line in push.subject.reveal()
    assert "liu.yang" in push.text.reveal()
    assert event.case.tracking_numbers[0] in push.text.reveal()
    assert TEXT.reveal() not in push.model_dump_json(), "the note stands on the case: it may name the customer"


@pytest.mark.req("RO-4", "NO-7")
@pytest.mark.parametrize("change", [{"to": "stays"}, {"to": "queue", "reason": "woken"}])
def test_of_what_stays_or_woke_nobody_is_told(change: dict[str, Any]) -> None:
    assert pushes(handed_over(**change)) == []


@pytest.mark.req("RO-4", "NO-7")
def test_a_hand_over_is_read_as_escalations_are_and_no_other_change_of_a_case() -> None:
    opened = next(event for event in story("zh") if isinstance(event, CaseChanged))
    parse = of_concern("cases.v1")
    read = [parse(on_topic(event)) for event in (escalated(), handed_over(), opened)]
    assert [isinstance(one, Skipped) for one in read] == [False, False, True]


@pytest.mark.req("RO-9", "NO-7")
@pytest.mark.parametrize(
    ("event", "kind", "person"),
    [
        (order_changed(), PushKind.ORDER_HANDOVER, "partner.courier"),
        (order_changed(OrderSent(by="x", owner=COURIER)), PushKind.ORDER_HANDOVER, "partner.courier"),
        (order_changed(owner=Owner(kind=OwnerKind.DEPARTMENT, name="hub")), PushKind.ORDER_HANDOVER, "hub"),
        (order_changed(OrderWarned(owner=COURIER)), PushKind.ORDER_REMINDER, "partner.courier"),
        (order_changed(OrderOverdue(owner=COURIER)), PushKind.ORDER_OVERDUE, "partner.courier"),
        (
            order_changed(OrderOverdue(owner=HANDLER), owner=HANDLER, status=OrderStatus.RETURNED),
            PushKind.ORDER_OVERDUE,
            "lead",
        ),
        (
            order_changed(
                OrderOverdue(owner=COURIER),
                OrderReturned(by="x", owner=HANDLER, reason=TEXT),
                owner=HANDLER,
                status=OrderStatus.RETURNED,
                reason=TEXT,
            ),
            PushKind.ORDER_BACK,
            "lead",
        ),
    ],
)
def test_a_work_order_is_told_to_whoever_owes_its_next_step(event: Any, kind: PushKind, person: str) -> None:
    (push,) = pushes(event)
    assert (push.kind, push.person, push.subject_id) == (kind, person, "o1")


@pytest.mark.req("RO-9")
def test_departments_and_partners_get_the_hand_over_and_the_link() -> None:
    (push,) = pushes(order_changed())
    said = push.text.reveal()
    for word in ("问题描述：显示签收未收到", "运单号：SF100", "seal：A7", LINK, "核实签收", "11月22日 周日 19:30"):
        assert word in said
    (push,) = pushes(order_changed(owner=Owner(kind=OwnerKind.DEPARTMENT, name="hub")))
    assert LINK in push.text.reveal()
    (push,) = pushes(order_changed(owner=Owner(kind=OwnerKind.PARTNER, name="broker")))
    assert "Problem: 显示签收未收到" in push.text.reveal()
    assert LINK in push.text.reveal()


@pytest.mark.req("SY-5", "NO-7")
def test_an_escalation_names_no_customer_and_its_line_no_parcel() -> None:
    event = escalated()
    (push,) = pushes(event)
    said = push.model_dump_json()
    assert event.case.customer.name is not None
    assert event.case.customer.name.reveal() not in said
    assert "example.cn" not in said
    assert event.case.tracking_numbers[0] in push.text.reveal()
    assert event.case.tracking_numbers[0] not in push.subject.reveal()
    assert push.subject.reveal() == f"工单 {event.case.number} 升级至组长：首次响应超时"
    assert "[PC" not in push.subject.reveal(), "the mark by which customers' mails name their case"


@pytest.mark.req("RO-12", "NO-7")
def test_the_task_force_is_told_once_each_with_the_end_of_the_joint_response() -> None:
    told = pushes(incident_changed())
    assert [push.person for push in told] == ["group.tracing", "hub", "duty.manager", "specialist"]
    assert len({push.push_id for push in told}) == 4
    assert {(push.way, push.kind) for push in told} == {("webhook", PushKind.INCIDENT_OPENED)}
    for word in ("IN7K2M9Q4D", "武汉转运中心", "时效延误", "23 件", "11月22日 周日 18:00", "分拨中心"):
        assert word in told[0].text.reveal()


@pytest.mark.req("RO-12", "NO-7")
def test_of_two_who_answer_for_a_role_the_one_of_the_place_is_told() -> None:
    assert pushes(incident_changed(site="广州转运中心"))[-1].person == "specialist.south"


@pytest.mark.req("RO-12", "NO-7")
def test_an_incident_that_nobody_acknowledges_goes_up_its_ladder() -> None:
    step = IncidentEscalated(level=2, role="supervisor", channels=("phone", "mail"))
    (push,) = pushes(incident_changed(step))
    assert (push.kind, push.way, push.person) == (PushKind.INCIDENT_ESCALATION, "phone", "duty.manager")
    assert "尚无人响应" in push.subject.reveal()


@pytest.mark.req("NO-8", "NO-7")
def test_every_template_reads_whole_in_both_languages() -> None:
    of_orders: Any = (
        order_changed(),
        order_changed(OrderWarned(owner=COURIER)),
        order_changed(OrderOverdue(owner=COURIER)),
        order_changed(
            OrderReturned(by="x", owner=HANDLER, reason=TEXT), owner=HANDLER, status=OrderStatus.RETURNED, reason=TEXT
        ),
    )
    step = IncidentEscalated(level=2, role="supervisor", channels=("phone",))
    events = (escalated(), handed_over(), incident_changed(), incident_changed(step), *of_orders)
    for language in ("zh", "en"):
        people = tuple(p.model_copy(update={"language": language}) for p in PLANNER.directory.staff)
        directory = PLANNER.directory.model_copy(update={"staff": people})
        told = [push for event in events for push in pushes(event, planner=replace(PLANNER, directory=directory))]
        assert {push.kind for push in told} == set(PushKind)
        for push in told:
            assert push.subject_number in push.subject.reveal()
            assert push.subject_number in push.text.reveal()
            assert "\n" not in push.subject.reveal()
            assert len(push.subject.reveal()) < 120
            assert (language == "zh") == ("请勿回复" in push.text.reveal())


@pytest.mark.req("NO-7")
def test_what_no_template_can_say_is_a_dead_letter_and_stops_nobody() -> None:
    broken = replace(PLANNER, texts=replace(PLANNER.texts, compiled={}))
    assert isinstance(broken.plan(record(escalated()), AT), Dead)


@pytest.mark.req("NO-8")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\n{{ colour }}\n", r"zh/escalation\.txt\.j2:2: variable colour is not declared"),
        ("one\n\n{% if x %}\n", r"zh/escalation\.txt\.j2:\d: TemplateSyntaxError"),
        (None, r"zh/escalation\.txt\.j2:1: TemplateNotFound"),
    ],
)
def test_a_wrong_template_is_named_with_its_line(tmp_path: Any, text: str | None, expected: str) -> None:
    for source in TEMPLATES.rglob("*.j2"):
        copy = tmp_path / source.relative_to(TEMPLATES)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(source.read_text("utf-8"), "utf-8")
    file = tmp_path / "zh" / "escalation.txt.j2"
    file.unlink() if text is None else file.write_text(text)
    with pytest.raises(TemplateProblem, match=expected):
        load_texts(tmp_path)


@pytest.mark.req("NO-8")
def test_every_declared_variable_has_a_value_and_no_kind_lacks_one() -> None:
    assert set(OWN) == set(PushKind)
    (push,) = pushes(escalated())
    assert OWN[PushKind.ESCALATION] == set(push.facts.reveal())
    assert not COMMON & OWN[PushKind.ESCALATION]


@pytest.mark.req("NO-7")
def test_a_word_that_is_missing_is_named_with_its_line(tmp_path: Any) -> None:
    file = tmp_path / "pushes.yaml"
    file.write_text("title: x\nsource: y\nvalid_from: 2026-01-01\nparties: {}\nreasons:\n  late: {zh: 晚}\n", "utf-8")
    with pytest.raises(TableError, match=r"pushes\.yaml:6: reasons\.late\.en: Field required"):
        load_push_words(TODAY, file)

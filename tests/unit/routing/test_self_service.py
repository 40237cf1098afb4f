"""RO-3: what is answered without a person, with which words; and who gets a person all the same."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.acts import Actor, Assign
from services.routing.state import CaseState, ChangeSet, TimerFired
from shared.contracts.cases import Case, CaseStatus, ClockKind, HandedOver, Replied
from shared.contracts.estimates import CarrierEstimate
from shared.contracts.interactions import Attachment, ClaimForm, ClaimKind, Interaction
from shared.contracts.parcels import ExceptionKind, Node, Parcel, ParcelSnapshot, Shipment, TrackPoint
from shared.contracts.people import Channel, Customer
from shared.contracts.personal import Personal
from tests.unit.routing.builders import (
    NOON,
    after,
    clock_states,
    contact,
    customer,
    decided,
    names,
    picture,
    raised,
    rules,
)

pytestmark = pytest.mark.req("RO-3")

NUMBER = "SF1400000001"
QUESTION = f"你好，请问我的快递{NUMBER}到哪里了？"
LATER = after(seconds=2)


def asker(language: str = "zh", **more: Any) -> Customer:
    return customer("ann", email="ann@example.cn", language=language, **more)


def asks(text: str = QUESTION, n: int | str = 1, who: Customer | None = None, **more: Any) -> Interaction:
    numbers = more.pop("tracking_numbers", (NUMBER,))
    return contact(text, n, who or asker(), tracking_numbers=numbers, **more)


def on_its_way(node: Node = Node.LINEHAUL_OUT, promised: datetime | None = after(hours=30), **more: Any) -> Parcel:
    track = (TrackPoint(node=node, at=NOON - timedelta(hours=3), place="杭州转运中心"),)
    shipment = Shipment(promised_at=promised)
    return Parcel(tracking_number=NUMBER, carrier="sf", node=node, shipment=shipment, **({"track": track} | more))


def snapshot(case: Case, parcel: Parcel | None, *wrong: ExceptionKind) -> ParcelSnapshot:
    return ParcelSnapshot(tracking_number=NUMBER, case_id=case.case_id, parcel=parcel, open_exceptions=wrong)


def waiting(**more: Any) -> CaseState:
    return decided(None, asks(**more)).state


def answered(parcel: Parcel | None = None, **more: Any) -> ChangeSet:
    state = waiting(**more)
    return decided(state, snapshot(state.case, parcel or on_its_way()), LATER)


def reply_of(found: ChangeSet) -> str:
    (reply,) = [change for change in found.changes if isinstance(change, Replied)]
    assert reply.agent == "self_service"
    return reply.text.reveal()


def reasons(found: ChangeSet) -> list[str]:
    return [change.reason for change in found.changes if isinstance(change, HandedOver)]


def test_the_parcel_is_looked_up_and_nobody_is_given_the_case_meanwhile() -> None:
    found = decided(None, asks())
    assert found.lookup is not None
    assert found.lookup.tracking_number == NUMBER
    assert (found.state.case.group, found.state.case.status) == ("self_service", CaseStatus.QUEUED)
    assert "self_service" not in rules().roster.groups
    assert found.state.next_due is not None


def test_live_facts_answer_in_one_message_and_resolve_the_case() -> None:
    found = answered()
    text = reply_of(found)
    for said in (NUMBER, "干线发车（11月11日 09:00）", "杭州转运中心", "干线到车", "11月12日 18:00", "转人工"):
        assert said in text
    case = found.state.case
    assert (case.status, case.answered_by, case.first_response_at) == (CaseStatus.RESOLVED, "self_service", LATER)
    assert clock_states(case)[ClockKind.FIRST_RESPONSE] == "met"
    assert case.summary is not None
    assert names(found) == [
        "parcel_updated",
        "first_response:met",
        "replied",
        "resolution:met",
        "resolved",
        "survey_asked",
    ]


def test_the_answer_speaks_the_contacts_language() -> None:
    text = reply_of(answered(text=f"Where is my parcel {NUMBER}?", who=asker("en")))
    assert "Linehaul departed (11 Nov, 09:00)" in text
    assert "by 12 Nov, 18:00" in text
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in text.replace("杭州转运中心", ""))


def test_what_is_not_known_is_left_out() -> None:
    text = reply_of(answered(on_its_way(promised=None, track=())))
    assert "承诺送达" not in text
    assert "位置" not in text
    assert "{" not in text


@pytest.mark.req("RO-11")
def test_where_nobody_promised_anything_the_usual_duration_answers() -> None:
    found = answered(on_its_way(promised=None))
    # 3 hours ago the line-haul left, which usually leaves 50: until the evening of that day.
    assert "预计送达：11月13日 20:00 前" in reply_of(found)
    assert found.state.case.estimate is not None
    assert found.state.case.estimate.at == after(days=2, hours=8)
    assert "estimate_moved" not in names(found)


@pytest.mark.req("RO-11")
def test_a_carrier_that_says_otherwise_by_now_is_quoted_beside_its_promise() -> None:
    said = CarrierEstimate(arrives_at=after(hours=40), stated_at=NOON)
    text = reply_of(answered(on_its_way(estimate=said)))
    assert "承诺送达时间：11月12日 18:00 前" in text
    assert "预计送达：11月13日 04:00 前" in text
    assert "预计送达" not in reply_of(answered())


def test_a_parcel_that_arrived_is_said_to_have_arrived() -> None:
    assert "已签收" in reply_of(answered(on_its_way(Node.SIGNED, promised=after(hours=-5))))


@pytest.mark.parametrize(
    ("parcel", "wrong", "reason"),
    [
        (None, (), "no_facts"),
        (on_its_way(), (ExceptionKind.DELAY,), "exception"),
        (on_its_way(track=(TrackPoint(node=Node.HELD, at=NOON, exception=ExceptionKind.REFUSED),)), (), "exception"),
        (on_its_way(promised=after(hours=-1)), (), "late"),
    ],
)
def test_a_person_answers_where_the_facts_are_no_good_news(
    parcel: Parcel | None, wrong: tuple[ExceptionKind, ...], reason: str
) -> None:
    state = waiting()
    found = decided(state, snapshot(state.case, parcel, *wrong), LATER)
    case = found.state.case
    assert reasons(found) == [reason]
    assert (case.status, case.group, case.answered_by) == (CaseStatus.QUEUED, "tracing", None)
    assert clock_states(case)[ClockKind.FIRST_RESPONSE] == "running"


def test_facts_that_do_not_come_are_not_waited_for_longer_than_the_table_says() -> None:
    state = waiting()
    assert state.next_due is not None
    late = decided(state, TimerFired(), NOON + rules().self_service.wait)
    assert reasons(late) == ["no_facts"]
    assert late.state.case.group == "tracing"
    after_all = decided(late.state, snapshot(state.case, on_its_way()), after(minutes=20))
    assert "replied" not in names(after_all)


FAQ = [
    ("你们周末上班吗，营业时间是几点到几点？", "zh", "08:00–22:00"),
    ("What are your opening hours?", "en", "from 08:00 to 22:00"),
    ("请问最近的网点在哪", "zh", "目的网点"),
    ("How do I send a parcel, can I book a pickup?", "en", "two hours"),
    ("保价是什么意思", "zh", "第二十七条"),
]


@pytest.mark.parametrize(("text", "language", "said"), FAQ)
def test_frequent_questions_are_answered_at_once(text: str, language: str, said: str) -> None:
    found = decided(None, asks(text, who=asker(language), tracking_numbers=()))
    assert said in reply_of(found)
    assert found.lookup is None
    assert found.state.case.status is CaseStatus.RESOLVED
    assert names(found).count("replied") == 1


CLAIM = ClaimForm(kind=ClaimKind.LOSS, tracking_number=NUMBER, claimed_fen=100)
FILE = Attachment(name=Personal("a.jpg"), content_type="image/jpeg", size=1, sha256="a" * 64, ref="object:a")


@pytest.mark.parametrize(
    "question",
    [
        asks(f"快递{NUMBER}到哪里了？我要投诉你们"),
        asks(f"快递{NUMBER}到哪里了，丢了就赔钱"),
        asks(f"急！快递{NUMBER}到哪里了，马上要用"),
        asks(f"快递{NUMBER}破损了"),
        asks(who=asker(tier="vip")),
        asks(who=customer("ann", phone="+8613800000001")),
        asks(tracking_numbers=()),
        asks(tracking_numbers=(NUMBER, "SF1400000002")),
        asks(attachments=(FILE,)),
        asks(media=(picture(),)),
        asks(claim=CLAIM),
        asks(channel=Channel.PHONE),
        asks(QUESTION + "，另外" * 200),
    ],
)
def test_a_person_answers_whatever_is_not_simple(question: Interaction) -> None:
    found = decided(None, question)
    assert found.state.case.group != "self_service"
    assert found.state.case.self_service is None


def test_a_widget_shows_the_answer_itself() -> None:
    case = decided(None, asks(who=customer("ann"), gateway="care")).state.case
    assert case.group == "self_service"


PERSON = ["转人工", "我要人工客服", "人工", "An agent please", "can I talk to a HUMAN?", "human", "AGENT"]


@pytest.mark.parametrize("words", PERSON)
@pytest.mark.parametrize("state", ["opening", "waiting", "answered"])
def test_whoever_asks_for_a_person_gets_one_and_is_told(words: str, state: str) -> None:
    if state == "opening":
        found = decided(None, asks(f"{QUESTION} {words}"))
    else:
        before = waiting() if state == "waiting" else answered().state
        found = decided(before, asks(words, n=2, tracking_numbers=()), after(minutes=1))
    case = found.state.case
    assert reasons(found) == ["asked"]
    assert (case.status, case.answered_by) == (CaseStatus.QUEUED, None)
    assert case.group in rules().roster.groups


@pytest.mark.parametrize("text", ["My contact management system", "Sie haben Agenten", "humanity"])
def test_a_word_inside_another_asks_for_nobody(text: str) -> None:
    assert not rules().self_service.wants_person(contact(text))


def test_our_own_words_in_a_quoted_answer_ask_for_nobody() -> None:
    back = decided(answered().state, asks("谢谢！\n> 没有解决？直接回复，或写“转人工”", n=2), after(minutes=5))
    assert back.state.case.status is CaseStatus.RESOLVED


def test_who_comes_back_unhappy_is_not_answered_by_itself_again() -> None:
    back = decided(answered().state, asks(n=2), after(hours=2))
    assert reasons(back) == ["again"]
    assert (back.state.case.status, back.state.case.group) == (CaseStatus.QUEUED, "tracing")
    assert back.lookup is None
    late = decided(back.state, snapshot(back.state.case, on_its_way()), after(hours=2, minutes=1))
    assert "replied" not in names(late)


def test_an_exception_takes_the_question_over() -> None:
    found = decided(waiting(), raised(tracking=NUMBER, consignee=asker()), LATER)
    assert reasons(found) == ["exception"]
    assert found.state.case.group in rules().roster.groups


def test_who_is_given_the_case_meanwhile_keeps_it() -> None:
    lead = Actor("zhou.na", frozenset({"lead"}))
    given_to = decided(waiting(), Assign(lead, agent="he.li"), LATER).state
    found = decided(given_to, snapshot(given_to.case, on_its_way()), LATER)
    assert names(found) == ["parcel_updated"]
    assert found.state.case.agent == "he.li"


def test_it_closes_by_itself() -> None:
    closed = decided(answered().state, TimerFired(), LATER + rules().life.auto_close)
    assert names(closed) == ["survey_closed", "closed"]
    assert closed.state.case.answered_by == "self_service"


@given(
    node=st.sampled_from(Node),
    promised=st.one_of(st.none(), st.just(after(hours=9))),
    place=st.one_of(st.none(), st.text(max_size=20)),
    language=st.sampled_from(["zh", "en"]),
)
def test_every_node_has_an_answer_without_gaps(
    node: Node, promised: datetime | None, place: str | None, language: str
) -> None:
    track = (TrackPoint(node=node, at=NOON, place=place),)
    text = reply_of(answered(on_its_way(node, promised=promised, track=track), who=asker(language)))
    assert NUMBER in text
    assert "None" not in text.replace(place or "", "")
    assert text.endswith(rules().self_service.closing[language])

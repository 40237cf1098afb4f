"""RO-1, RO-2: what a contact does to a case; one record per decision, its version grows by one."""

import orjson
import pytest

from services.routing.acts import Actor, Close, Reply, Resolve, Take
from services.routing.case import decide
from services.routing.contact import case_id_of
from services.routing.record import messages
from services.routing.state import AgentFound, CaseState, TimerFired
from shared.contracts.cases import CaseKind, CaseStatus
from shared.contracts.interactions import ClaimForm, ClaimKind
from shared.contracts.parcels import ParcelLookup, ParcelSnapshot
from shared.contracts.people import Channel
from shared.contracts.personal import Personal
from tests.unit.routing.builders import NOON, after, contact, customer, decided, names, opened, parcel, rules

ANN = Actor("ann.agent", frozenset({"agent"}))


@pytest.mark.req("RO-1", "RO-2")
def test_a_first_contact_opens_a_case_in_one_record() -> None:
    event = contact("我的快递SF100丢了", tracking_numbers=("SF100",), subject=Personal("丢件"), message_id="<m1@x>")
    found = decided(None, event)
    assert names(found) == [
        "opened",
        "contact_added",
        "classified",
        "first_response:started",
        "resolution:started",
        "legal_answer:started",
        "fields_requested",
    ]
    case = found.state.case
    assert case.case_id == case_id_of(event)
    assert (case.version, case.status, case.origin, case.contacts) == (1, CaseStatus.QUEUED, "contact", 1)
    assert (case.tracking_numbers, case.mail_thread) == (("SF100",), "<m1@x>")
    published = messages(found, "cause", NOON)
    assert [(m.topic, m.key) for m in published] == [("cases.v1", case.case_id), ("parcel-events.v1", "SF100")]
    assert orjson.loads(published[0].value)["case"]["version"] == 1


@pytest.mark.req("RO-1")
def test_a_further_contact_joins_with_all_that_it_brings() -> None:
    state = opened("我的快递到哪了", who=customer("ann", phone="+8613800000001"))
    mailing = customer("ann", email="ann@x.cn")
    more = contact("单号SF100，要投诉", 2, mailing, channel=Channel.EMAIL, tracking_numbers=("SF100",))
    case = decided(state, more, after(minutes=1)).state.case
    assert (case.version, case.contacts, case.channel) == (2, 2, Channel.EMAIL)
    assert case.tracking_numbers == ("SF100",)
    assert len(case.customer.contacts) == 2
    assert case.classification.kind is CaseKind.COMPLAINT
    assert case.group == "complaints"


@pytest.mark.req("RO-1")
def test_the_contact_that_opened_a_case_does_not_join_it_again() -> None:
    state = opened("你好")
    assert decide(state, contact("你好"), rules(), after(days=70)) is None


@pytest.mark.req("RO-2")
def test_a_case_in_work_rises_in_kind_but_stays_with_its_agent() -> None:
    state = decided(opened("快递到哪了"), AgentFound("ann.agent"), after(seconds=1)).state
    found = decided(state, contact("再不处理我要投诉", n=2), after(seconds=2))
    assert names(found) == ["contact_added", "classified", "legal_answer:started", "fields_requested"]
    assert (found.state.case.agent, found.state.case.group) == ("ann.agent", "tracing")


def finished(*, close: bool) -> CaseState:
    taken = decided(opened("快递到哪了"), Take(ANN), after(seconds=1)).state
    act = Close(ANN, Personal("已送达")) if close else Resolve(ANN, Personal("已送达"))
    return decided(taken, act, after(minutes=5)).state


@pytest.mark.req("RO-1", "RO-14")
@pytest.mark.parametrize("close", [True, False])
def test_a_finished_case_is_reopened_with_its_clocks_anew(close: bool) -> None:
    found = decided(finished(close=close), contact("还是没有送到", n=2, at=after(hours=2)), after(hours=2))
    assert names(found)[:3] == ["contact_added", "classified", "reopened"]
    case = found.state.case
    assert (case.status, case.agent, case.reopened) == (CaseStatus.QUEUED, None, 1)
    assert (case.resolved_at, case.closed_at) == (None, None)
    assert {clock.started_at for clock in case.clocks if clock.kind != "legal_answer"} == {after(hours=2)}


@pytest.mark.req("RO-1")
def test_thanks_for_a_solution_do_not_reopen_it() -> None:
    found = decided(finished(close=False), contact("好的，谢谢", n=2), after(hours=1))
    assert names(found) == ["contact_added"]
    assert found.state.case.status is CaseStatus.RESOLVED


@pytest.mark.req("RO-14")
def test_a_resolved_case_closes_by_itself_and_gives_up_its_keys_step_by_step() -> None:
    state = finished(close=False)
    state = CaseState(state.case, state.next_due, ("p:SF1:a", "c:a:0"))
    closed = decided(state, TimerFired(), after(hours=48, minutes=5))
    assert names(closed) == ["survey_closed", "closed"]
    assert closed.state.case.status is CaseStatus.CLOSED
    first = decided(closed.state, TimerFired(), after(hours=72, minutes=5))
    assert (first.changes, first.state.open_keys) == ((), ("p:SF1:a",))
    assert messages(first, "cause", NOON) == ()
    last = decided(first.state, TimerFired(), after(days=9, minutes=5))
    assert (last.state.open_keys, last.state.next_due) == ((), None)
    assert last.state.case.version == closed.state.case.version


@pytest.mark.req("RO-14")
@pytest.mark.parametrize(("language", "words"), [("zh", "自动关闭"), ("en", "closed automatically")])
def test_the_automatic_summary_speaks_the_customers_language(language: str, words: str) -> None:
    state = opened("快递到哪了", who=customer("ann", language=language))
    resolved = decided(decided(state, Take(ANN)).state, Resolve(ANN), after(minutes=1)).state
    summary = decided(resolved, TimerFired(), after(days=5)).state.case.summary
    assert summary is not None
    assert words in summary.reveal()


@pytest.mark.req("RO-11", "CL-1")
@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("SF100丢了", True),
        ("SF100破损", True),
        ("SF100少了一件", True),
        ("SF100延误，要求赔偿", True),
        ("SF100延误太久了", False),
        ("SF100到哪了", False),
    ],
)
def test_facts_are_fetched_where_there_may_be_a_claim(text: str, asks: bool) -> None:
    lookup = decided(None, contact(text, tracking_numbers=("SF100",))).lookup
    assert (lookup is not None) == asks
    if lookup is not None:
        case_id = case_id_of(contact(text))
        assert lookup == ParcelLookup(tracking_number="SF100", case_id=case_id)


@pytest.mark.req("RO-11")
def test_facts_are_fetched_once_when_the_number_comes_later_and_never_again() -> None:
    state = opened("你们把我的快递丢了，赔偿")
    given = decided(state, contact("单号SF100", n=2, tracking_numbers=("SF100",)))
    assert given.lookup is not None
    again = decided(given.state, contact("SF100有消息吗", n=3, tracking_numbers=("SF100",)))
    assert again.lookup is None
    known = ParcelSnapshot(tracking_number="SF100", case_id=state.case.case_id, parcel=parcel())
    learned = decided(again.state, known)
    assert names(learned) == ["parcel_updated"]
    assert learned.state.case.parcel == parcel()


@pytest.mark.req("RO-11")
def test_a_claim_form_names_the_parcel() -> None:
    form = ClaimForm(kind=ClaimKind.DAMAGE, tracking_number="SF7", claimed_fen=19900)
    found = decided(None, contact("见申请表", claim=form))
    assert found.state.case.tracking_numbers == ("SF7",)
    assert found.lookup is not None
    assert found.state.case.claim == form


@pytest.mark.req("RO-11")
def test_an_unknown_parcel_is_an_answer_too_but_never_erases_facts() -> None:
    state = opened("SF100丢了", tracking_numbers=("SF100",))
    unknown = ParcelSnapshot(tracking_number="SF100", case_id=state.case.case_id, parcel=None)
    told = decided(state, unknown)
    assert names(told) == ["parcel_updated"]
    assert told.state.case.parcel is None
    known = decided(told.state, unknown.model_copy(update={"parcel": parcel()})).state
    assert decide(known, unknown, rules(), NOON) is None


@pytest.mark.req("RO-1")
def test_the_same_cause_gives_the_same_message_ids() -> None:
    first, second = (messages(decided(None, contact("SF1丢了", tracking_numbers=("SF1",))), "c", NOON) for _ in "ab")
    assert [m.id for m in first] == [m.id for m in second]
    assert len({m.id for m in first}) == 2


@pytest.mark.req("RO-6")
def test_a_second_contact_after_an_answer_keeps_the_first_response() -> None:
    taken = decided(opened("快递到哪了"), Take(ANN), after(seconds=1)).state
    replied = decided(taken, Reply(ANN, Personal("在途")), after(seconds=2)).state
    case = decided(replied, contact("什么时候到？", n=2), after(minutes=1)).state.case
    assert case.first_response_at == after(seconds=2)

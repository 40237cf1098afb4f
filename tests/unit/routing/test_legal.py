"""RO-7: legal deadlines: never paused, each step once, in order; started and met by what the law names."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.routing import rule_files
from services.routing.acts import Actor, Reply, Resolve, Take, Wait
from services.routing.case import Event, decide
from services.routing.decision_table import RuleError
from services.routing.legal.acts import EndDeadline, RegulatorQuery
from services.routing.legal.claim_news import ClaimNews
from services.routing.legal.register import entries, newer
from services.routing.pairs.merging import merge
from services.routing.refusals import ActRefused, IllegalMove, NotAllowed
from services.routing.state import CaseState, TimerFired
from shared.contracts.base import derived_id
from shared.contracts.cases import CaseStatus, Escalated
from shared.contracts.claims import (
    Claim,
    ClaimChanged,
    ClaimState,
    ClaimWithdrawn,
    Decided,
    Liability,
    LiableParty,
    Paid,
)
from shared.contracts.interactions import ClaimKind
from shared.contracts.legal import LegalDeadline, LegalDeadlineMoved, LegalKind, LegalState
from tests.unit.routing.builders import NOON, after, contact, customer, decided, opened, rules
from tests.unit.routing.test_acts import TEXT

pytestmark = pytest.mark.req("RO-7")
ANN = Actor("zhao.min", frozenset({"agent"}))
LEAD = Actor("lead.one", frozenset({"lead"}))
QUERY = RegulatorQuery(LEAD, "申2026-1188", "杭州市邮政管理局", NOON)
LEGAL = rules().calendar.legal


def held(text: str = "快递到哪了", **more: Any) -> CaseState:
    return decided(opened(text, **more), Take(ANN), after(seconds=5)).state


def asked() -> CaseState:
    return decided(held(), QUERY, after(minutes=1)).state


def of_kind(state: CaseState, kind: LegalKind) -> LegalDeadline:
    return next(one for one in state.case.legal_deadlines if one.kind is kind)


def moves(changes: Any) -> list[str]:
    return [change.move for change in changes if isinstance(change, LegalDeadlineMoved)]


def told(changes: Any) -> list[tuple[str, bool]]:
    return [(c.role, c.critical) for c in changes if isinstance(c, Escalated) and (c.ladder or "").startswith("legal/")]


def test_a_regulators_query_is_to_be_answered_in_fifteen_days() -> None:
    found = decided(held(), QUERY, after(minutes=1))
    deadline = of_kind(found.state, LegalKind.REGULATOR_ANSWER)
    assert (deadline.due_at - deadline.started_at, deadline.started_at) == (timedelta(days=15), NOON)
    assert (deadline.reference, deadline.state, moves(found.changes)) == ("申2026-1188", LegalState.OPEN, ["started"])
    assert found.state.next_due is not None


def test_its_ladder_comes_once_each_in_order_after_any_standstill() -> None:
    found = decided(asked(), TimerFired(), after(days=40))
    assert moves(found.changes) == ["warned", "warned", "missed"]
    assert told(found.changes) == [
        ("lead", False),
        ("supervisor", False),
        ("supervisor", True),
        ("provincial_supervisor", False),
    ]
    assert of_kind(found.state, LegalKind.REGULATOR_ANSWER).missed_at == NOON + timedelta(days=15)
    later = decided(found.state, contact("在吗", 9), after(days=41))
    assert (moves(later.changes), told(later.changes)) == ([], [])


@pytest.mark.parametrize(
    ("event", "state", "days", "move"),
    [
        ("act/regulator_answered", LegalState.MET, 3, "met"),
        ("act/regulator_answered", LegalState.MET, 20, "met"),
        ("act/regulator_withdrawn", LegalState.WITHDRAWN, 3, "withdrawn"),
    ],
)
def test_it_is_met_or_withdrawn_by_an_act_and_then_silent(event: str, state: LegalState, days: int, move: str) -> None:
    found = decided(asked(), EndDeadline(LEAD, event, "申2026-1188", TEXT), after(days=days))
    deadline = of_kind(found.state, LegalKind.REGULATOR_ANSWER)
    assert (deadline.state, deadline.ended_by, deadline.missed_at is not None) == (state, event, days > 15)
    assert moves(found.changes)[-1] == move
    last = [c for c in found.changes if isinstance(c, LegalDeadlineMoved)][-1]
    assert (last.was_missed, last.note) == (days > 15, TEXT)
    assert moves(decided(found.state, contact("在吗", 9), after(days=60)).changes) == []


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (QUERY, "known_already"),
        (EndDeadline(LEAD, "act/regulator_answered", "other", TEXT), "no_such_deadline"),
        (EndDeadline(LEAD, "act/recourse_claimed", "申2026-1188", TEXT), "no_such_deadline"),
        (RegulatorQuery(LEAD, "2", "x", after(days=9)), "not_yet"),
    ],
)
def test_what_is_not_so_is_refused(act: RegulatorQuery | EndDeadline, code: str) -> None:
    with pytest.raises(IllegalMove) as refused:
        decided(asked(), act, after(minutes=2))
    assert refused.value.code == code


def test_only_the_handler_or_a_senior_registers_one() -> None:
    stranger = RegulatorQuery(Actor("he.li", frozenset({"agent"})), "1", "x", NOON)
    with pytest.raises(NotAllowed):
        decided(held(), stranger, after(minutes=2))
    mine = RegulatorQuery(ANN, "1", "x", NOON)
    assert moves(decided(held(), mine, after(minutes=2)).changes) == ["started"]


def claim(state: CaseState, status: ClaimState, *changes: Any, percent: int = 100, at: datetime = NOON) -> ClaimChanged:
    liability = Liability(
        party=LiableParty.CARRIER, carrier_percent=percent, clear=True, reason_zh="", reason_en="", rule="r"
    )
    case = state.case
    told_of = Claim(
        claim_id="claim-1",
        number="LP1",
        version=2,
        case_id=case.case_id,
        case_number=case.number,
        customer=case.customer,
        kind=ClaimKind.LOSS,
        state=status,
        liability=liability,
        opened_at=NOON,
        updated_at=at,
    )
    return ClaimChanged(changes=changes, claim=told_of, at=at, before=ClaimState.IN_REVIEW)


@pytest.mark.parametrize(
    ("status", "change"), [(ClaimState.REJECTED, Decided(by="a")), (ClaimState.WITHDRAWN, ClaimWithdrawn())]
)
def test_a_refused_or_withdrawn_claim_leaves_the_customer_three_years_from_its_opening(
    status: ClaimState, change: Any
) -> None:
    state = decided(held(), Resolve(ANN, TEXT), after(minutes=2)).state
    found = decided(state, claim(state, status, change, at=after(days=9)), after(days=9))
    window = of_kind(found.state, LegalKind.CUSTOMER_CLAIM)
    assert (window.started_at, window.due_at) == (NOON, NOON.replace(year=NOON.year + 3))
    paid = decided(found.state, claim(state, ClaimState.PAID, Paid(), at=after(days=30)), after(days=30))
    assert of_kind(paid.state, LegalKind.CUSTOMER_CLAIM).state is LegalState.MET


def test_recourse_runs_from_the_payout_where_the_carrier_bears_a_part() -> None:
    state = held()
    paid = decided(state, claim(state, ClaimState.PAID, Paid(), at=after(days=2)), after(days=2)).state
    window = of_kind(paid, LegalKind.CARRIER_RECOURSE)
    assert (window.started_at, window.due_at) == (after(days=2), after(days=2).replace(year=NOON.year + 3))
    done = decided(paid, EndDeadline(LEAD, "act/recourse_claimed", "claim-1", TEXT), after(days=3)).state
    assert of_kind(done, LegalKind.CARRIER_RECOURSE).state is LegalState.MET
    assert decide(state, claim(state, ClaimState.PAID, Paid(), percent=0), rules(), after(seconds=6)) is None


def test_a_closed_case_still_warns_of_its_windows() -> None:
    state = decided(held(), Resolve(ANN, TEXT), after(minutes=2)).state
    paid = decided(state, claim(state, ClaimState.PAID, Paid()), after(minutes=3)).state
    over = decided(paid, TimerFired(), after(days=30)).state
    assert over.case.status is CaseStatus.CLOSED
    found = decided(over, TimerFired(), after(days=3 * 366 + 5))
    assert moves(found.changes) == ["warned", "warned", "warned", "missed"]
    assert found.state.case.status is CaseStatus.CLOSED


PAUSES = ["wait", "answer", "reply", "time", "resolve", "again"]


@given(st.lists(st.tuples(st.sampled_from(PAUSES), st.integers(1, 60)), max_size=10))
def test_nothing_pauses_it_and_each_step_comes_once(events: list[tuple[str, int]]) -> None:
    state, now, seen, rungs = asked(), after(minutes=1), list[str](), 0
    due_at = of_kind(state, LegalKind.REGULATOR_ANSWER).due_at
    for number, (what, hours) in enumerate(events):
        now += timedelta(hours=hours)
        found = _try(state, what, number, now)
        if found is None:
            continue
        state = found.state
        seen += moves(found.changes)
        rungs += len(told(found.changes))
        assert of_kind(state, LegalKind.REGULATOR_ANSWER).due_at == due_at
    last = decided(state, contact("最后", 999), NOON + timedelta(days=60))
    assert seen + moves(last.changes) == ["warned", "warned", "missed"]
    assert rungs + len(told(last.changes)) == 4
    missed = of_kind(last.state, LegalKind.REGULATOR_ANSWER)
    assert missed.missed_at == due_at


def _try(state: CaseState, what: str, number: int, now: datetime) -> Any:
    events: dict[str, Event] = {
        "wait": Wait(ANN, TEXT),
        "reply": Reply(ANN, TEXT),
        "resolve": Resolve(ANN, TEXT),
        "time": TimerFired(),
        "answer": contact("好的", 100 + number, at=now),
        "again": Take(ANN),
    }
    try:
        return decided(state, events[what], now)
    except (ActRefused, AssertionError):
        return None


def test_the_register_has_a_document_for_each_also_for_the_answer_to_a_complaint() -> None:
    state = opened("我要投诉快递员态度恶劣")
    (entry,) = entries(None, state.case)
    assert (entry.deadline.kind, entry.deadline.state) == (LegalKind.COMPLAINT_ANSWER, LegalState.OPEN)
    assert entry.deadline.due_at - entry.deadline.started_at == timedelta(days=7)
    mine = decided(state, Take(ANN), after(seconds=3)).state
    assert list(entries(state.case, mine.case)) == []
    solved = decided(mine, Resolve(ANN, TEXT), after(minutes=3)).state
    (met,) = entries(mine.case, solved.case)
    assert (met.deadline.deadline_id, met.deadline.state) == (entry.deadline.deadline_id, LegalState.MET)
    queried = decided(solved, QUERY, after(minutes=4)).state
    assert [e.deadline.kind for e in entries(solved.case, queried.case)] == [LegalKind.REGULATOR_ANSWER]


def test_set_up_again_each_is_as_the_version_that_changed_it_wrote_it() -> None:
    first = opened("我要投诉快递员态度恶劣")
    second = decided(first, Take(ANN), after(seconds=3)).state
    third = decided(second, Resolve(ANN, TEXT), after(minutes=3)).state
    by_version = [entry for state in (first, second, third) for entry in entries(None, state.case)]
    (opening, same, met) = by_version
    assert newer([opening, same], {}) == [opening]
    assert newer(by_version, {}) == [met]
    held_id = met.deadline.deadline_id
    assert newer([same], {held_id: opening}) == []
    assert newer([opening, same], {held_id: met}) == []


def test_a_merge_takes_the_answer_along_and_refuses_a_case_with_another_deadline() -> None:
    one, other = opened("我要投诉快递员态度恶劣", n=1), opened("我要投诉服务差", n=2)
    ended, going = merge(one, other, LEAD, rules(), after(minutes=1))
    (gone,) = entries(one.case, ended.state.case)
    assert (gone.deadline.state, gone.deadline.ended_by) == (LegalState.WITHDRAWN, "case/merged")
    assert of_clock_due(going.state) == of_clock_due(one)
    with pytest.raises(IllegalMove) as refused:
        merge(asked(), opened("快递到哪了", n=2), LEAD, rules(), after(minutes=2))
    assert refused.value.code == "has_legal_deadline"


def of_clock_due(state: CaseState) -> datetime:
    return next(clock.due_at for clock in state.case.clocks if clock.kind == "legal_answer")


def test_what_concerns_no_window_is_not_read() -> None:
    state = held()
    paid = claim(state, ClaimState.PAID, Paid())
    assert isinstance(ClaimNews.read(paid.model_dump_json().encode()), ClaimChanged)
    other = paid.model_copy(update={"changes": (Paid(),)}).model_dump_json().replace('"paid"}]', '"closed"}]')
    assert not isinstance(ClaimNews.read(other.encode()), ClaimChanged)


def test_three_years_from_a_leap_day() -> None:
    start = datetime(2028, 2, 29, 8, tzinfo=UTC)
    assert LEGAL[LegalKind.CARRIER_RECOURSE].end(start) == datetime(2031, 2, 28, 8, tzinfo=UTC)


WRONG: list[tuple[Callable[[Any], None], str]] = [
    (lambda d: d.pop("customer_claim"), "legal_deadlines.yaml: deadlines.customer_claim"),
    (lambda d: d["regulator_answer"].update(days=0), "legal_deadlines.yaml: days"),
    (lambda d: d["regulator_answer"].update(years=1), "legal_deadlines.yaml: deadlines.regulator_answer"),
    (lambda d: d["regulator_answer"].update(starts=["act/x"]), "deadlines.regulator_answer.starts"),
    (lambda d: d["regulator_answer"].update(source=" "), "deadlines.regulator_answer.source"),
    (lambda d: d["regulator_answer"].update(colour="red"), "deadlines.regulator_answer.colour"),
    (lambda d: d["regulator_answer"]["steps"].reverse(), "deadlines.regulator_answer.steps"),
    (lambda d: d["regulator_answer"]["steps"][0].update(role="king"), "deadlines.regulator_answer.steps.0.role"),
    (lambda d: d["regulator_answer"]["steps"][0].update(calendar="moon"), "steps.0.calendar"),
    (lambda d: d["complaint_answer"].update(days=8), "sla.json: legal_answer/express-28"),
]


@pytest.mark.parametrize(("edit", "cell"), WRONG)
def test_a_wrong_cell_is_named(edit: Callable[[Any], None], cell: str, tmp_path: Path) -> None:
    shutil.copytree(rule_files.DIRECTORY, tmp_path, dirs_exist_ok=True)
    content = yaml.safe_load((tmp_path / "legal_deadlines.yaml").read_text())
    edit(content["deadlines"])
    (tmp_path / "legal_deadlines.yaml").write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    with pytest.raises(RuleError) as caught:
        rule_files.load(tmp_path)
    assert cell in str(caught.value)


def test_every_id_follows_from_its_cause() -> None:
    state = asked()
    expected = derived_id(state.case.case_id, "legal/regulator_answer/申2026-1188")
    assert of_kind(state, LegalKind.REGULATOR_ANSWER).deadline_id == expected
    assert customer("ann").customer_id == state.case.customer.customer_id

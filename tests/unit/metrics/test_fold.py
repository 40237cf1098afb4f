"""Every figure comes from the events alone, in any order (ME-1)."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.metrics.fold import COUNTERS, Cell, fold
from services.metrics.indicator import BY_NAME, INDICATORS
from services.metrics.labels import hour_of, label
from services.metrics.readings import NoticeFailedReading
from services.metrics.series import legal_by_end
from services.metrics.shapes import INFINITY, SUM, Type
from shared.contracts import cases, parcels
from shared.contracts.base import Contract
from shared.contracts.legal import LegalDeadlineMoved, LegalKind, LegalMove
from shared.contracts.sign_disputes import DisputeOutcome, SignDisputeMoved
from shared.messaging.outcome import Done, Ignored, Retry
from tests.unit.metrics import events

pytestmark = pytest.mark.req("ME-1")

QUEUED = cases.CaseStatus.QUEUED
MOVES: tuple[tuple[LegalMove, bool], ...] = (("started", False), ("missed", False), ("met", True))
OPENED = str(hour_of(events.START))


def figures(given_events: list[Contract]) -> dict[tuple[str, ...], int]:
    """(indicator, *labels) → amount, over all hours; zeros left out."""
    total: Counter[tuple[str, ...]] = Counter()
    for (name, labels, _), amount in fold(events.batch(given_events)).amounts.items():
        total[name, *labels] += amount
    return {key: amount for key, amount in total.items() if amount}


def of(name: str, given_events: list[Contract]) -> dict[tuple[str, ...], int]:
    return {key[1:]: amount for key, amount in figures(given_events).items() if key[0] == name}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cases_opened", {("web", "complaint", "delay", "contact"): 1}),
        ("contacts", {("web", "complaint", "delay"): 1, ("phone", "complaint", "delay"): 1}),
        ("replies", {("web",): 1}),
        ("cases_resolved", {("web", "complaint"): 2}),
        ("cases_reopened", {("web", "complaint"): 1}),
        ("cases_closed", {("web", "complaint", "contact", "no"): 1}),
        ("sla_clock_changes", {("first_response", "started"): 1, ("first_response", "met"): 1}),
        ("first_response_seconds", {("web", "complaint", "1800000"): 1, ("web", "complaint", SUM): 1_200_000}),
        (
            "resolution_seconds",
            {
                ("web", "complaint", "7200000"): 1,
                ("web", "complaint", "21600000"): 1,
                ("web", "complaint", SUM): 24_000_000,
            },
        ),
        ("backlog_cases", {}),
    ],
)
def test_life_of_a_case(name: str, expected: dict[tuple[str, ...], int]) -> None:
    assert of(name, [*events.case_life()]) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (1, {("east", OPENED): 1}),
        (2, {("claims", OPENED): 1}),
        (3, {("claims", OPENED): 1}),
        (4, {}),
        (5, {("claims", OPENED): 1}),
        (6, {}),
    ],
)
def test_backlog_follows_group_and_status(changes: int, expected: dict[tuple[str, ...], int]) -> None:
    assert of("backlog_cases", [*events.case_life()[:changes]]) == expected


@pytest.mark.req("RO-7")
def test_legal_deadlines_that_run_and_that_were_missed() -> None:
    due = events.at(60)
    clock = cases.Clock(
        kind=cases.ClockKind.LEGAL_ANSWER,
        state=cases.ClockState.RUNNING,
        started_at=events.START,
        warn_at=due,
        due_at=due,
        rule="r",
    )
    moved = [
        LegalDeadlineMoved(deadline_id="d", kind=LegalKind.REGULATOR_ANSWER, move=move, due_at=due, was_missed=late)
        for move, late in MOVES
    ]
    running = events.case_changed(cases.Opened(), after=events.case(1, clocks=(clock,)))
    asked = events.case_changed(*moved, after=events.case(2, clocks=(clock,)), before=events.standing(QUEUED, due=due))
    merged = events.case_changed(cases.Reopened(), after=events.case(3), before=events.standing(QUEUED, due=due))
    hour = str(hour_of(due))
    assert of("legal_deadlines_open", [running]) == {("complaint_answer", hour): 1}
    assert of("legal_deadlines_open", [running, asked]) == {("complaint_answer", hour): 1}
    assert of("legal_deadlines_missed", [asked]) == {("regulator_answer",): 1}
    assert of("legal_deadlines_open", [running, asked, merged]) == {}
    shown = legal_by_end({("complaint_answer", hour): 2, ("carrier_recourse", str(int(hour) + 9000)): 1}, events.START)
    assert {cell for cell, number in shown.items() if number} == {
        ("complaint_answer", "48h"),
        ("carrier_recourse", "later"),
    }


@pytest.mark.req("RO-13")
def test_disputes_about_who_signed_by_what_became_of_them_and_by_area() -> None:
    moves = (
        SignDisputeMoved(move="opened"),
        SignDisputeMoved(move="located", area="杭州 西湖网点"),
        SignDisputeMoved(move="settled", outcome=DisputeOutcome.NOT_DELIVERED),
    )
    told = events.case_changed(*moves, after=events.case(2), before=events.standing(cases.CaseStatus.QUEUED))
    assert of("sign_disputes", [told]) == {
        ("opened", "none"): 1,
        ("located", "none"): 1,
        ("settled", "not_delivered"): 1,
    }
    assert of("sign_dispute_areas", [told]) == {("杭州_西湖网点",): 1}


def test_a_case_settled_at_the_first_contact() -> None:
    after = events.case(2, status=cases.CaseStatus.CLOSED, contacts=1)
    closed = events.case_changed(cases.Closed(by="a1"), after=after, before=events.standing(cases.CaseStatus.RESOLVED))
    assert of("cases_closed", [closed]) == {("web", "complaint", "contact", "yes"): 1}
    assert of("backlog_cases", [closed]) == {}


def test_a_first_response_at_opening_is_counted() -> None:
    opened = events.case_changed(cases.Opened(), after=events.case(1, first_response_at=events.START))
    assert of("first_response_seconds", [opened]) == {("web", "complaint", "5000"): 1}


def test_a_change_set_without_its_past_moves_no_gauge() -> None:
    """A sender that does not say how the case stood: rather no move than a wrong one."""
    changed = events.case_changed(cases.Escalated(level=1, role="lead", reason="r"), after=events.case(7))
    assert figures([changed]) == {("escalations", "1", "lead"): 1}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("claims_opened", {("loss",): 1}),
        ("evidence_requests", {("proof_of_value",): 1, ("waybill",): 1}),
        ("claims_decided", {("loss", "carrier", "partly_approved", "fast_track"): 1}),
        ("payouts", {("loss",): 1}),
        ("payout_fen", {("loss",): 12_345}),
        ("claims", {("paid", "loss"): 1}),
        (
            "stage_seconds",
            {
                ("claim_to_decision", "7200000"): 1,
                ("claim_to_decision", SUM): 3_600_000,
                ("decision_to_payment", "60000"): 1,
                ("decision_to_payment", SUM): 60_000,
            },
        ),
    ],
)
def test_life_of_a_claim(name: str, expected: dict[tuple[str, ...], int]) -> None:
    assert of(name, [*events.claim_life()]) == expected


@pytest.mark.parametrize(
    ("amount", "result"), [(0, "rejected"), (12_345, "partly_approved"), (20_000, "approved"), (30_000, "approved")]
)
def test_the_award_tells_the_result_where_the_claim_has_moved_on(amount: int, result: str) -> None:
    decided, paid = events.claim_life(amount)[1:]
    together = decided.model_copy(update={"claim": paid.claim, "changes": decided.changes + paid.changes})
    assert of("claims_decided", [together]) == {("loss", "carrier", result, "fast_track"): 1}


def test_notices_and_exceptions() -> None:
    found = figures(
        [events.notice_sent(), events.notice_failed(), events.exception_raised(), events.exception_cleared()]
    )
    assert found == {
        ("notices", "email", "received", "sent"): 1,
        ("notices", "webhook", "paid", "failed"): 1,
        ("stage_seconds", "change_to_notice", "5000"): 1,
        ("stage_seconds", "change_to_notice", SUM): 3000,
        ("parcel_exceptions_raised", "delay", "hub_in", "sf"): 1,
        ("parcel_exceptions_cleared", "delay", "signed", "sf"): 1,
    }


def test_the_hour_is_the_events_own() -> None:
    hours = {hour for name, _, hour in fold(events.batch([*events.case_life()])).amounts if name == "cases_resolved"}
    assert hours == {hour_of(events.at(100)), hour_of(events.at(300))}


def test_series_are_those_of_the_list() -> None:
    for name, labels, _ in fold(events.batch(events.everything())).amounts:
        indicator = BY_NAME[name]
        extra = 1 if indicator.type is Type.HISTOGRAM else 0
        assert len(labels) == len(indicator.labels) + extra, name
        for declared, value in zip(indicator.labels, labels, strict=False):
            assert not declared.values or value in declared.values, (name, declared.name, value)
        if extra:
            assert labels[-1] in {*map(str, indicator.bounds_ms), INFINITY, SUM}


def test_names_of_indicators_are_unique() -> None:
    assert len(BY_NAME) == len(INDICATORS)


@given(order=st.permutations(range(len(events.everything()))), cut=st.integers(0, 13))
def test_order_and_batches_do_not_matter(order: list[int], cut: int) -> None:
    """Whatever interleaving of partitions and batches the figures were counted in, they are the same."""
    every = events.everything()
    shuffled = [every[n] for n in order]
    whole: Counter[Cell] = Counter(fold(events.batch(every)).amounts)
    parts: Counter[Cell] = Counter()
    for part in (shuffled[:cut], shuffled[cut:]):
        for cell, amount in fold(events.batch(part)).amounts.items():
            parts[cell] += amount
    assert {k: v for k, v in parts.items() if v} == {k: v for k, v in whole.items() if v}


def test_what_no_indicator_is_about_leaves_no_trace() -> None:
    snapshot = parcels.ParcelSnapshot(tracking_number="SF1234567890", case_id="case-1", parcel=None)
    updated = events.case_changed(
        cases.ParcelUpdated(), after=events.case(2), before=events.standing(cases.CaseStatus.QUEUED)
    )
    folded = fold(events.batch([snapshot, updated, events.notice_sent()]))
    assert folded.outcomes == [Ignored(), Ignored(), Done()]


def test_an_event_that_fails_does_not_touch_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:

    def fail(event: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(COUNTERS, NoticeFailedReading, fail)
    folded = fold(events.batch([events.exception_raised(), events.notice_failed(), events.exception_raised()]))
    assert folded.outcomes == [Done(), Retry("ZeroDivisionError"), Done()]
    assert [event_id for event_id, _ in folded.failures] == ["e1"]
    assert [amount for (name, *_), amount in folded.amounts.items() if name == "parcel_exceptions_open"] == [2]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("east", "east"),
        ("时效延误", "时效延误"),
        ("delay.linehaul", "delay.linehaul"),
        ("a|b$c", "a_b_c"),
        ("", "none"),
        ("x" * 41, "other"),
        ("13800138000", "other"),
        ("１３８００１３８０００", "other"),
        ("li.na@example.com", "other"),
    ],
)
def test_labels_are_short_and_hold_no_numbers_or_mails(value: str, expected: str) -> None:
    assert label(value) == expected


@pytest.mark.req("RO-3")
@pytest.mark.parametrize(
    ("given_events", "expected"),
    [
        (events.self_served(), {("web", "where_is", "resolved"): 1}),
        (
            [*events.self_served(), events.came_back()],
            {("web", "where_is", "resolved"): 1, ("web", "where_is", "reopened"): 1},
        ),
        ([events.handed_over()], {("web", "where_is", "handed_over"): 1}),
    ],
)
def test_answers_without_a_person_are_counted_and_taken_back(
    given_events: list[Contract], expected: dict[tuple[str, ...], int]
) -> None:
    assert of("self_service", given_events) == expected
    assert of("replies", given_events) == {}


@pytest.mark.req("RO-14")
def test_surveys_are_counted_by_what_became_of_them() -> None:
    given_events = events.surveys()
    assert of("surveys", given_events) == {
        ("web", "complaint", "asked"): 1,
        ("web", "complaint", "answered"): 1,
        ("web", "complaint", "unanswered"): 1,
    }
    assert of("survey_scores", given_events) == {("web", "complaint", "4"): 1}


@pytest.mark.req("RO-6")
def test_a_further_message_is_counted_with_the_time_that_it_waited() -> None:
    met = [events.answered_again()]
    assert of("next_response_seconds", met) == {("web", "complaint", "300000"): 1, ("web", "complaint", SUM): 240_000}
    assert of("sla_clock_changes", met) == {("next_response", "met"): 1}

"""A real help desk's two years, counted from events and by hand: the same figures (ME-1)."""

import csv
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.metrics.fold import Cell, fold
from services.metrics.labels import hour_of
from shared.contracts import cases
from shared.contracts.cases import CaseStatus
from tests.unit.metrics import events

LOG = Path(__file__).parents[4] / "shared" / "data" / "metrics" / "helpdesk_italian_events.csv"
RESOLVE, TAKE_IN_CHARGE = "6", "8"

pytestmark = [
    pytest.mark.req("ME-1"),
    pytest.mark.skipif(not LOG.exists(), reason="the help desk's log is not here"),
]


@dataclass(frozen=True, slots=True)
class Line:
    case_id: str
    activity: str
    at: datetime


def read() -> dict[str, list[Line]]:
    """The log by case, oldest first."""
    found: dict[str, list[Line]] = {}
    with LOG.open() as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["CompleteTimestamp"]).replace(tzinfo=UTC)
            found.setdefault(row["CaseID"], []).append(Line(row["CaseID"], row["ActivityID"], at))
    return {case_id: sorted(lines, key=lambda line: line.at) for case_id, lines in found.items()}


def change_sets(lines: list[Line]) -> Iterator[cases.CaseChanged]:
    """A case as routing would tell of it: resolved by activity 6, opened again by whatever follows."""
    case, before = None, None
    for version, line in enumerate(lines, start=1):
        resolves = line.activity == RESOLVE
        status = CaseStatus.RESOLVED if resolves else CaseStatus.ASSIGNED
        changes: list[cases.Change] = []
        if case is None:
            changes.append(cases.Opened())
        elif case.status is CaseStatus.RESOLVED and not resolves:
            changes.append(cases.Reopened())
        if resolves:
            changes.append(cases.Resolved(by="agent"))
        answered = case.first_response_at if case else None
        if answered is None and line.activity == TAKE_IN_CHARGE:
            answered = line.at
        case = events.case(
            version,
            case_id=line.case_id,
            status=status,
            opened_at=lines[0].at,
            first_response_at=answered,
            resolved_at=line.at if resolves else None,
        )
        yield events.case_changed(*(changes or [cases.Classified()]), after=case, when=line.at, before=before)
        before = events.standing(status, responded=answered)


@pytest.fixture(scope="module")
def log() -> dict[str, list[Line]]:
    return read()


@pytest.fixture(scope="module")
def counted(log: dict[str, list[Line]]) -> Counter[Cell]:
    """All events in a random order, in batches of 500."""
    every = [change for lines in log.values() for change in change_sets(lines)]
    random.Random(7).shuffle(every)
    total: Counter[Cell] = Counter()
    for start in range(0, len(every), 500):
        for cell, amount in fold(events.batch(every[start : start + 500])).amounts.items():
            total[cell] += amount
    return total


def summed(counted: Counter[Cell], name: str, last: str | None = None) -> int:
    return sum(n for (of, labels, _), n in counted.items() if of == name and last in (None, labels[-1]))


def test_every_case_is_counted_once(log: dict[str, list[Line]], counted: Counter[Cell]) -> None:
    assert summed(counted, "cases_opened") == len(log) == 3804


def test_resolutions_and_how_long_they_took(log: dict[str, list[Line]], counted: Counter[Cell]) -> None:
    took = [(x.at - lines[0].at).total_seconds() for lines in log.values() for x in lines if x.activity == RESOLVE]
    assert summed(counted, "cases_resolved") == len(took)
    assert summed(counted, "resolution_seconds", "sum") == sum(took) * 1000
    within_a_day = sum(
        n
        for (name, labels, _), n in counted.items()
        if name == "resolution_seconds" and labels[-1].isdigit() and int(labels[-1]) <= 86_400_000
    )
    assert within_a_day == sum(seconds <= 86_400 for seconds in took)


def test_first_responses(log: dict[str, list[Line]], counted: Counter[Cell]) -> None:
    answered = [lines for lines in log.values() if any(x.activity == TAKE_IN_CHARGE for x in lines)]
    first = [next(x.at for x in lines if x.activity == TAKE_IN_CHARGE) - lines[0].at for lines in answered]
    assert summed(counted, "first_response_seconds", "sum") == sum(d.total_seconds() for d in first) * 1000


def test_the_backlog_at_the_end_of_every_hundredth_hour(log: dict[str, list[Line]], counted: Counter[Cell]) -> None:
    moves: Counter[int] = Counter()
    for (name, _, hour), amount in counted.items():
        if name == "backlog_cases":
            moves[hour] += amount
    hours = sorted({hour_of(x.at) for lines in log.values() for x in lines})
    for hour in hours[::100]:
        by_hand = 0
        for lines in log.values():
            past = [x for x in lines if hour_of(x.at) <= hour]
            by_hand += bool(past) and past[-1].activity != RESOLVE
        assert sum(n for h, n in moves.items() if h <= hour) == by_hand

"""When many exceptions are one incident: so many in a window would be too improbable by chance (RO-12). Pure.

Counts are kept by the finest cells; a wider cause is the sum of its cells. A suspect has enough exceptions; it is an
incident where the Poisson tail of its usual rate is small enough, the narrow ones first. What an incident explains,
open, or closed since the exceptions were counted, does not count again.

Exceptions count at the moment when they were detected, and may reach the counts later (a backlog, a stop): so a
window need not end now, but where most of its cause lie together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import exp, lgamma, log
from typing import NamedTuple

from services.routing.incidents.cause import Cell, cause_of, covers, key_of
from services.routing.incidents.rules import IncidentRules, ScopeRule, Usual
from shared.contracts.incidents import Cause, Incident, Surprise

HOUR = timedelta(hours=1)
NEGLIGIBLE = 1e-17


class Tally(NamedTuple):
    """So many exceptions of a cell in the bucket that begins at `at`; one tally for each cell and bucket."""

    cell: Cell
    at: datetime
    number: int


class History(NamedTuple):
    """So many exceptions of a cause in so many hours before the window."""

    number: int
    hours: float


@dataclass(frozen=True, slots=True)
class Suspect:
    """A cause with enough exceptions in the window that begins at `since`."""

    cause: Cause
    rule: ScopeRule
    since: datetime
    tallies: tuple[Tally, ...]

    @property
    def count(self) -> int:
        return sum(tally.number for tally in self.tallies)

    @property
    def is_spread(self) -> bool:
        """Over as many sites and carriers as the scope asks for."""
        sites = {tally.cell.site for tally in self.tallies}
        carriers = {tally.cell.carrier for tally in self.tallies}
        return len(sites) >= self.rule.sites and len(carriers) >= self.rule.carriers


@dataclass(frozen=True, slots=True)
class Found:
    """A cause that is to be an incident, since when, and why."""

    cause: Cause
    rule: ScopeRule
    since: datetime
    surprise: Surprise


def unexplained(tallies: Iterable[Tally], incidents: Sequence[Incident], rules: IncidentRules) -> list[Tally]:
    """Without what is an incident's: counted before it closed, or while it is open."""
    return [tally for tally in tallies if not any(_explains(one, tally, rules) for one in incidents)]


def _explains(incident: Incident, tally: Tally, rules: IncidentRules) -> bool:
    in_time = incident.closed_at is None or tally.at <= incident.closed_at
    return in_time and covers(incident.cause, tally.cell, rules.regions)


def suspects(tallies: Sequence[Tally], rules: IncidentRules, now: datetime) -> list[Suspect]:
    """Every cause of every scope with enough exceptions, narrow scopes first, each as if it were the only one."""
    found: list[Suspect] = []
    for scope, rule in rules.scopes.items():
        by_cause: dict[str, tuple[Cause, list[Tally]]] = {}
        for tally in tallies:
            cause = cause_of(tally.cell, scope, rules.regions)
            if cause is not None:
                by_cause.setdefault(key_of(cause), (cause, []))[1].append(tally)
        all_of = [fullest(cause, rule, own, now, rules.late) for cause, own in by_cause.values()]
        found += [s for s in all_of if s.count >= rule.least and s.is_spread and _is_its_own(s, tallies)]
    return found


def fullest(cause: Cause, rule: ScopeRule, tallies: Sequence[Tally], now: datetime, late: timedelta) -> Suspect:
    """The cause in the window that holds most of its `tallies`, of several the latest: it ends now, or at a bucket
    that began at most `late` ago. One pass, for a wide cause has thousands of them."""
    ordered = sorted(tallies, key=lambda tally: tally.at)
    since, most, span = now - rule.window, 0, (0, 0)
    ends = [*((tally.at, tally.number) for tally in ordered), (now, 0)]
    first = held = 0
    for last, (end, number) in enumerate(ends, 1):
        held += number
        while first < len(ordered) and ordered[first].at <= end - rule.window:
            held -= ordered[first].number
            first += 1
        if held >= most and end >= now - late:
            since, most, span = end - rule.window, held, (first, last)
    return Suspect(cause, rule, since, tuple(ordered[slice(*span)]))


def _is_its_own(suspect: Suspect, tallies: Sequence[Tally]) -> bool:
    """A carrier at a site: not where others suffer there as well, for then it is the site."""
    rule, cause = suspect.rule, suspect.cause
    if not rule.share:
        return True
    ends = suspect.since + rule.window
    there = (t.number for t in tallies if t.cell[::2] == (cause.kind, cause.site) and suspect.since < t.at <= ends)
    return suspect.count >= rule.share * sum(there)


def verdicts(
    found: Sequence[Suspect], histories: Mapping[str, History], rules: IncidentRules, now: datetime
) -> list[Found]:
    """Those whose count is a surprise, by `histories` (`cause.key_of`); each takes its exceptions from wider ones."""
    taken: set[Tally] = set()
    incidents: list[Found] = []
    for suspect in found:
        left = replace(suspect, tallies=tuple(t for t in suspect.tallies if t not in taken))
        if left.count < suspect.rule.least or not left.is_spread:
            continue
        surprise = surprise_of(left.count, histories[key_of(suspect.cause)], suspect.rule, rules.usual)
        if surprise.probability <= suspect.rule.probability:
            incidents.append(Found(suspect.cause, suspect.rule, suspect.since, surprise))
            taken.update(left.tallies)
    return incidents


def surprise_of(count: int, history: History, rule: ScopeRule, usual: Usual) -> Surprise:
    expected = expected_in(rule.window, history, usual)
    return Surprise(
        count=count,
        expected=round(expected, 4),
        window_minutes=int(rule.window / timedelta(minutes=1)),
        probability=poisson_tail(count, expected),
    )


def expected_in(window: timedelta, history: History, usual: Usual) -> float:
    """How many are usual in such a window at the busiest hour; the prior weighs less the longer the history."""
    rate = (history.number + usual.prior_events) / (history.hours + usual.prior_hours)
    return rate * usual.busy_factor * (window / HOUR)


def poisson_tail(count: int, expected: float) -> float:
    """The probability of `count` or more where `expected` are usual; exact also where it is tiny."""
    if count <= 0:
        return 1.0
    if expected <= 0:
        return 0.0
    if count <= expected:
        return max(0.0, 1.0 - sum(_poisson(n, expected) for n in range(count)))
    term = total = _poisson(count, expected)
    n = count
    while term > total * NEGLIGIBLE:
        n += 1
        term *= expected / n
        total += term
    return min(1.0, total)


def _poisson(count: int, expected: float) -> float:
    return exp(count * log(expected) - expected - lgamma(count + 1))

"""Who gets which case (RO-4): group, language, shift, capacity; the customer's last agent, else who fits best."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.routing.precedence import Precedence, Waiting
from services.routing.roster import Agent
from shared.contracts.cases import Case, CaseStatus
from shared.contracts.people import Channel

HELD = frozenset({CaseStatus.ASSIGNED, CaseStatus.WAITING_CUSTOMER})
"""An agent holds a case until it is resolved, closed or handed over; while its customer is asked it weighs less."""


@dataclass(frozen=True, slots=True)
class Workload:
    """An agent with the points that the held cases weigh; `since`: when the queue gave the last one.

    `away`: on shift, and not to be given anything for the moment; `too_late`: the shift ends so soon that nothing
    more of these channels can be done.
    """

    agent: Agent
    load: int
    since: datetime | None
    away: bool = False
    too_late: frozenset[Channel] = frozenset()


@dataclass(frozen=True, slots=True)
class Queued(Waiting):
    """What of a queued case decides who gets it. `preferred`: who handled this customer last; `declined`: who gave
    the case back."""

    group: str = ""
    language: str = "zh"
    tags: frozenset[str] = frozenset()
    preferred: str | None = None
    declined: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """What the plan goes by at the moment; `too_late_for`: what can't be done in what is left of a shift."""

    precedence: Precedence
    weights: Mapping[Channel, int]
    now: datetime
    peak: bool = False
    too_late_for: Callable[[timedelta], frozenset[Channel]] = lambda left: frozenset()


def plan(queue: Iterable[Queued], workloads: Iterable[Workload], terms: Terms) -> list[tuple[str, str]]:
    """Pairs of case id and agent, in the order of giving. A case that nobody can take stays in the queue.

    A call needs an agent's whole attention. Where nobody is free enough for a case, the agent who comes closest gets
    nothing more for its sake: else chats that come after it would fill every gap, and it would wait for ever.
    """
    free = {w.agent.agent_id: _until_end(w, terms) for w in workloads if w.agent.shift.covers(terms.now)}
    pairs = []
    for case in sorted(queue, key=lambda c: terms.precedence.place(c, terms.now, terms.peak)):
        chosen = _best(case, list(free.values()), terms)
        if chosen is not None:
            name = chosen.agent.agent_id
            free[name] = replace(chosen, load=chosen.load + terms.weights[case.channel], since=terms.now)
            pairs.append((case.case_id, name))
        else:
            kept_free = _nearest(case, free.values(), terms)
            if kept_free is not None:
                del free[kept_free]
    return pairs


def _until_end(workload: Workload, terms: Terms) -> Workload:
    left = workload.agent.shift.left(terms.now)
    return workload if left is None else replace(workload, too_late=terms.too_late_for(left))


def _nearest(case: Queued, workloads: Iterable[Workload], terms: Terms) -> str | None:
    """Who could take the case once enough of their work is done, and has least of it to do."""
    weight = terms.weights[case.channel]
    able = [w for w in workloads if w.load and weight <= w.agent.capacity and _may_take(w, case)]
    return min(able, key=lambda w: (w.load, w.agent.agent_id)).agent.agent_id if able else None


def _best(case: Queued, workloads: Sequence[Workload], terms: Terms) -> Workload | None:
    """Among those who can: the customer's last agent, unless busy; then most skills of the case, then least laden,
    then idle the longest."""
    able = [w for w in workloads if _can_take(w, case, terms.weights)]
    for workload in able:
        if workload.agent.agent_id == case.preferred and _share(workload) <= terms.precedence.sticky_load:
            return workload
    if terms.peak:
        # Chats together with chats, so that there are whole agents left for calls.
        return min(able, key=lambda w: (-w.load, *_fairness(w)), default=None)
    return min(able, key=lambda w: (-len(w.agent.skills & case.tags), *_fairness(w)), default=None)


def _can_take(workload: Workload, case: Queued, weights: Mapping[Channel, int]) -> bool:
    return workload.load + weights[case.channel] <= workload.agent.capacity and _may_take(workload, case)


def _may_take(workload: Workload, case: Queued) -> bool:
    agent = workload.agent
    willing = not workload.away and agent.agent_id not in case.declined and case.channel not in workload.too_late
    return willing and case.group in agent.groups and case.language in agent.languages


def _fairness(workload: Workload) -> tuple[float, bool, float, str]:
    since = workload.since
    idle_since = since.timestamp() if since else 0.0
    return _share(workload), since is not None, idle_since, workload.agent.agent_id


def _share(workload: Workload) -> float:
    return workload.load / max(1, workload.agent.capacity)


def groups_with_room(workloads: Iterable[Workload], weights: Mapping[Channel, int], now: datetime) -> set[str]:
    """Groups where at least one agent on shift could take the lightest case."""
    lightest = min(weights.values(), default=0)
    return {
        group
        for w in workloads
        if not w.away and w.agent.shift.covers(now) and w.load + lightest <= w.agent.capacity
        for group in w.agent.groups
    }


def holder_of(case: Case) -> str | None:
    """The agent in whose hands the case is."""
    return case.agent if case.status in HELD else None


def in_queue(case: Case) -> bool:
    """In nobody's hands; a case that was handed over while its customer is asked goes on waiting there."""
    waits = case.status is CaseStatus.WAITING_CUSTOMER and case.agent is None
    return waits or case.status is CaseStatus.QUEUED


def capacity_on_shift(workloads: Iterable[Workload], now: datetime) -> int:
    """Points that the agents who are there can hold."""
    return sum(w.agent.capacity for w in workloads if not w.away and w.agent.shift.covers(now))

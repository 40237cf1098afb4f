"""Who gets which case (RO-4): group, language, capacity; the most urgent first, and of those the longest waiting."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.routing.roster import Agent, Roster
from shared.contracts.cases import Case, CaseStatus
from shared.contracts.people import Channel

HELD = frozenset({CaseStatus.ASSIGNED, CaseStatus.WAITING_CUSTOMER})
"""An agent holds a case, and its points, until it is resolved, closed or handed over."""


@dataclass(frozen=True, slots=True)
class Workload:
    """An agent with the points that the held cases weigh; `since`: when the last case was given."""

    agent: Agent
    load: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Queued:
    """What of a queued case decides who gets it."""

    case_id: str
    group: str
    priority: int
    opened_at: datetime
    channel: Channel
    language: str
    tags: frozenset[str]


def plan(
    queue: Iterable[Queued], workloads: Iterable[Workload], weights: Mapping[Channel, int], now: datetime
) -> list[tuple[str, str]]:
    """Pairs of case id and agent, in the order of giving. A case that nobody can take stays in the queue."""
    free = {w.agent.agent_id: w for w in workloads if w.agent.shift.covers(now)}
    pairs = []
    for case in sorted(queue, key=lambda c: (c.priority, c.opened_at, c.case_id)):
        chosen = _best(case, list(free.values()), weights)
        if chosen is not None:
            name = chosen.agent.agent_id
            free[name] = replace(chosen, load=chosen.load + weights[case.channel], since=now)
            pairs.append((case.case_id, name))
    return pairs


def _best(case: Queued, workloads: Sequence[Workload], weights: Mapping[Channel, int]) -> Workload | None:
    """Among those who can: most skills of the case, then least laden, then idle the longest."""
    able = [w for w in workloads if _can_take(w, case, weights)]
    return min(able, key=lambda w: (-len(w.agent.skills & case.tags), *_fairness(w)), default=None)


def _can_take(workload: Workload, case: Queued, weights: Mapping[Channel, int]) -> bool:
    agent = workload.agent
    fits = workload.load + weights[case.channel] <= agent.capacity
    return fits and case.group in agent.groups and case.language in agent.languages


def _fairness(workload: Workload) -> tuple[float, bool, float, str]:
    since = workload.since
    idle_since = since.timestamp() if since else 0.0
    return workload.load / max(1, workload.agent.capacity), since is not None, idle_since, workload.agent.agent_id


def groups_with_room(workloads: Iterable[Workload], weights: Mapping[Channel, int], now: datetime) -> set[str]:
    """Groups where at least one agent on shift could take the lightest case."""
    lightest = min(weights.values(), default=0)
    return {
        group
        for w in workloads
        if w.agent.shift.covers(now) and w.load + lightest <= w.agent.capacity
        for group in w.agent.groups
    }


@dataclass(frozen=True, slots=True)
class Hold:
    """The agent's hold on a case changes: `weight` None lets go."""

    agent: str
    case_id: str
    weight: int | None


def holds(before: Case | None, after: Case, roster: Roster) -> list[Hold]:
    """What a change of a case means for the load of agents."""
    held = before.agent if before is not None and before.status in HELD else None
    holding = after.agent if after.status in HELD else None
    if held == holding:
        return []
    changes = [] if held is None else [Hold(held, after.case_id, None)]
    return changes if holding is None else [*changes, Hold(holding, after.case_id, roster.weights[after.channel])]

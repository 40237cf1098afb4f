"""python -m bench.assignment: 10,000 contacts, 200 agents, a peak; who waits how long, beside round robin (RO-4).

Simulated time, the service's own plan and rules: nothing is started, and the same seed gives the same table.
"""

import heapq
import random
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from bench.load import quantile
from services.routing import rule_files
from services.routing.assignment import Queued, Terms, Workload, capacity_on_shift, groups_with_room, plan
from services.routing.roster import Agent, Shift
from services.routing.rules import Rules
from shared.contracts.cases import CaseKind
from shared.contracts.people import Channel

OPENS = datetime(2026, 11, 11, 0, 0, tzinfo=UTC)
CONTACTS, AGENTS, HOURS = 10_000, 200, 10
PEAK_FROM_H, PEAK_TO_H, PEAK_TIMES = 3, 5, 3.5
STEP = timedelta(seconds=20)
PER_GROUP = 100
MIX: Mapping[tuple[Channel, CaseKind, int], int] = {
    (Channel.PHONE, CaseKind.COMPLAINT, 2): 9,
    (Channel.PHONE, CaseKind.QUERY, 3): 22,
    (Channel.PHONE, CaseKind.CLAIM, 2): 4,
    (Channel.WEB, CaseKind.QUERY, 3): 24,
    (Channel.WEB, CaseKind.COMPLAINT, 2): 7,
    (Channel.WECHAT, CaseKind.QUERY, 3): 12,
    (Channel.EMAIL, CaseKind.QUERY, 3): 12,
    (Channel.EMAIL, CaseKind.FEEDBACK, 4): 6,
    (Channel.EMAIL, CaseKind.COMPLAINT, 1): 4,
}
GROUP = {
    CaseKind.COMPLAINT: "complaints",
    CaseKind.CLAIM: "claims",
    CaseKind.QUERY: "general",
    CaseKind.FEEDBACK: "general",
}


@dataclass(frozen=True, slots=True)
class Contact:
    case: Queued
    takes: timedelta


def contacts(rng: random.Random, rules: Rules) -> list[Contact]:
    found = []
    for number in range(CONTACTS):
        channel, kind, priority = rng.choices(list(MIX), list(MIX.values()))[0]
        case = Queued(f"c{number:05d}", priority, _moment(rng), channel, kind, GROUP[kind])
        minutes = rules.precedence.handling[channel] / timedelta(minutes=1) * rng.lognormvariate(0, 0.6)
        found.append(Contact(case, timedelta(minutes=minutes)))
    return sorted(found, key=lambda contact: contact.case.opened_at)


def _moment(rng: random.Random) -> datetime:
    """More by PEAK_TIMES between the peak's hours."""
    weights = [PEAK_TIMES if PEAK_FROM_H <= hour < PEAK_TO_H else 1.0 for hour in range(HOURS)]
    hour = rng.choices(range(HOURS), weights)[0]
    return OPENS + timedelta(hours=hour + rng.random())


def crew(rules: Rules) -> list[Agent]:
    """Two groups each, as in a real centre: some know complaints, some claims, all know the general questions."""
    always = Shift(datetime.min.time(), datetime.min.time(), rules.calendar.hours["always"].zone)
    second = ("complaints", "claims", "complaints")
    return [
        Agent(
            f"a{n:03d}", f"a{n:03d}", frozenset({"general", second[n % 3]}), frozenset(), frozenset({"zh"}), 100, always
        )
        for n in range(AGENTS)
    ]


def by_our_plan(given: Sequence[Contact], rules: Rules) -> dict[str, timedelta]:
    """Waiting time of each case, given out by the service's own plan every STEP."""
    weights, took = rules.roster.weights, {c.case.case_id: c.takes for c in given}
    free = {agent.agent_id: Workload(agent, 0, None) for agent in crew(rules)}
    coming, done, waits = deque(given), list[tuple[datetime, str, int]](), dict[str, timedelta]()
    queue, hour = dict[str, Queued](), deque[Queued]()
    now = OPENS
    while coming or queue:
        now += STEP
        while coming and coming[0].case.opened_at <= now:
            case = coming.popleft().case
            queue[case.case_id] = case
            hour.append(case)
        while hour and hour[0].opened_at < now - timedelta(hours=1):
            hour.popleft()
        while done and done[0][0] <= now:
            _, name, weight = heapq.heappop(done)
            free[name] = replace(free[name], load=free[name].load - weight)
        arrived: dict[Channel, int] = defaultdict(int)
        for case in hour:
            arrived[case.channel] += 1
        peak = rules.precedence.is_peak(
            rules.precedence.pressure(arrived, weights, capacity_on_shift(free.values(), now))
        )
        terms = Terms(rules.precedence, weights, now, peak)
        room = groups_with_room(free.values(), weights, now)
        for case_id, name in plan(_first(queue.values(), room, terms), free.values(), terms):
            case = queue.pop(case_id)
            waits[case_id] = now - case.opened_at
            free[name] = replace(free[name], load=free[name].load + weights[case.channel], since=now)
            heapq.heappush(done, (now + took[case_id], name, weights[case.channel]))
    return waits


def _first(queue: Iterable[Queued], room: set[str], terms: Terms) -> list[Queued]:
    """As many of each group as the service looks at."""
    by_group: dict[str, list[Queued]] = defaultdict(list)
    for case in queue:
        if case.group in room:
            by_group[case.group].append(case)
    return [
        case
        for cases in by_group.values()
        for case in heapq.nsmallest(PER_GROUP, cases, key=lambda c: terms.precedence.place(c, terms.now, terms.peak))
    ]


def by_round_robin(given: Sequence[Contact], rules: Rules) -> dict[str, timedelta]:
    """First come, first served, to the next agent in turn who has room."""
    weights, agents = rules.roster.weights, crew(rules)
    took = {c.case.case_id: c.takes for c in given}
    load, turn = {agent.agent_id: 0 for agent in agents}, 0
    coming, done, waits = deque(given), list[tuple[datetime, str, int]](), dict[str, timedelta]()
    queue: deque[Queued] = deque()
    now = OPENS
    while coming or queue:
        now += STEP
        while coming and coming[0].case.opened_at <= now:
            queue.append(coming.popleft().case)
        while done and done[0][0] <= now:
            _, name, weight = heapq.heappop(done)
            load[name] -= weight
        stuck: list[Queued] = []
        full: set[str] = set()
        while queue:
            case = queue.popleft()
            chosen = None
            if case.group not in full:
                for step in range(len(agents)):
                    agent = agents[(turn + step) % len(agents)]
                    if case.group in agent.groups and load[agent.agent_id] + weights[case.channel] <= agent.capacity:
                        chosen, turn = agent, turn + step + 1
                        break
            if chosen is None:
                # Nobody behind it in the same line is served before it.
                full.add(case.group)
                stuck.append(case)
                continue
            waits[case.case_id] = now - case.opened_at
            load[chosen.agent_id] += weights[case.channel]
            heapq.heappush(done, (now + took[case.case_id], chosen.agent_id, weights[case.channel]))
        queue.extend(stuck)
    return waits


def main(seed: int = 7) -> None:
    rules = rule_files.load()
    given = contacts(random.Random(seed), rules)
    ours, robin = by_our_plan(given, rules), by_round_robin(given, rules)
    title = f"{CONTACTS:,} contacts, {AGENTS} agents, {HOURS} h, a peak of {PEAK_TIMES:g}× for two hours"
    table = Table(title=title)
    for name in ("class", "contacts", "ours p50", "p95", "longest", "round robin p50", "p95", "longest"):
        table.add_column(name, justify="left" if name == "class" else "right")
    for (channel, kind, priority), ids in _classes(given).items():
        cells = [*_spread([ours[i] for i in ids]), *_spread([robin[i] for i in ids])]
        table.add_row(f"{channel.value}, {kind.value}, priority {priority}", f"{len(ids):,}", *cells)
    Console(width=130).print(table)
    longest = max(ours.values())
    print(
        f"all {len(ours):,} were given to somebody; the longest wait is {longest} (round robin {max(robin.values())})"
    )


def _classes(given: Sequence[Contact]) -> dict[tuple[Channel, CaseKind, int], list[str]]:
    found: dict[tuple[Channel, CaseKind, int], list[str]] = {key: [] for key in MIX}
    for contact in given:
        found[contact.case.channel, contact.case.kind, contact.case.priority].append(contact.case.case_id)
    return found


def _spread(waits: Sequence[timedelta]) -> tuple[str, str, str]:
    minutes = [wait / timedelta(minutes=1) for wait in waits]
    return tuple(f"{m:.1f} min" for m in (quantile(minutes, 0.5), quantile(minutes, 0.95), max(minutes)))  # type: ignore[return-value]


if __name__ == "__main__":
    main()

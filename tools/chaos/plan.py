"""The seeded sequence of strikes: who is killed or frozen when. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

QUIET_AT_THE_ENDS_S = 4.0
FREEZE_S = 13.0
"""Longer than the consumers' session time-out (10 s): the group goes on without the frozen one."""


class Blow(StrEnum):
    KILL = "kill"  # SIGKILL; supervisord starts it again
    FREEZE = "freeze"  # SIGSTOP, and SIGCONT after FREEZE_S: a zombie that believes it still owns its partitions


@dataclass(frozen=True, slots=True)
class Strike:
    """`at_s`: seconds from the beginning of the load."""

    at_s: float
    program: str
    blow: Blow


def strikes(
    seed: int, seconds: float, kills: int, instances: Sequence[str], infrastructure: Sequence[str], frozen: int
) -> tuple[Strike, ...]:
    """`kills` kills of services, each instance at least once; each infrastructure program once; `frozen` freezes.

    Evenly spread with some jitter, so that the time of recovery from each can be told. Never twice the same
    instance in a row, and infrastructure not right at the beginning or the end.
    """
    if kills < len(instances):
        raise ValueError(f"{len(instances)} instances need at least as many kills, not {kills}")
    rng = random.Random(seed)  # noqa: S311 - chance that can be repeated is wanted
    killed = _killed(rng, kills, instances)
    blows = [(program, Blow.KILL) for program in killed]
    places = rng.sample(range(1, max(2, len(blows))), len(infrastructure) + frozen)
    frozen_ones = rng.sample(sorted({name.rpartition("-")[0] for name in instances}), frozen)
    extra = [(program, Blow.KILL) for program in infrastructure]
    extra += [(f"{service}-0", Blow.FREEZE) for service in frozen_ones]
    for place, blow in sorted(zip(places, extra, strict=True), reverse=True):
        blows.insert(place, blow)
    return tuple(
        Strike(round(at, 1), program, blow)
        for at, (program, blow) in zip(_moments(rng, seconds, len(blows)), blows, strict=True)
    )


def _killed(rng: random.Random, kills: int, instances: Sequence[str]) -> list[str]:
    """Rounds over all instances in ever new order."""
    order: list[str] = []
    while len(order) < kills:
        turn = rng.sample(list(instances), len(instances))
        if order and turn[0] == order[-1]:
            turn.append(turn.pop(0))
        order += turn
    return order[:kills]


def _moments(rng: random.Random, seconds: float, count: int) -> list[float]:
    step = (seconds - 2 * QUIET_AT_THE_ENDS_S) / count
    return [QUIET_AT_THE_ENDS_S + step * (n + rng.uniform(0.1, 0.9)) for n in range(count)]

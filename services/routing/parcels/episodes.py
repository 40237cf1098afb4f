"""The exceptions of one parcel: raised once while open, over when a later scan shows it (RO-11). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.routing.parcels.rules import Rules
from services.routing.parcels.state import KINDS, Episode
from services.routing.parcels.track import AT, FAULT, KIND, NODE, NONE, Point
from shared.contracts.base import derived_id


@dataclass(frozen=True, slots=True)
class Raised:
    """`fault` as the contract's code, or NONE."""

    episode: Episode
    fault: int


@dataclass(frozen=True, slots=True)
class Cleared:
    episode: Episode


Turn = Raised | Cleared
Episodes = tuple[Episode, ...]


def exception_id(tracking_number: str, kind: int, cause: str) -> str:
    """The same cause always gives the same id: the scan that reported it, or the timer (`timer_cause`)."""
    return derived_id(f"{tracking_number}/{KINDS[kind].value}/{cause}", "exception")


def timer_cause(tracking_number: str, due: int) -> str:
    return f"{tracking_number}@{due}"


def reported(
    episodes: Episodes, point: Point, later: Sequence[Point], tracking_number: str, cause: str, rules: Rules
) -> tuple[Episodes, list[Turn]]:
    """A scan that reports an exception: raised, unless it is open already, or one of the `later` scans has ended it."""
    kind, at = point[KIND], point[AT]
    held = next((e for e in episodes if e.kind == kind), None)
    if held is not None and not held.cleared_at:
        return _with(episodes, held._replace(last=max(held.last, at))), []
    over_at = _over_at(kind, at, held, later, rules)
    if held is not None and over_at:
        return episodes, []
    episode = Episode(kind, exception_id(tracking_number, kind, cause), at, at, over_at)
    return _with(episodes, episode), [] if over_at else [Raised(episode, point[FAULT])]


def _over_at(kind: int, at: int, held: Episode | None, later: Iterable[Point], rules: Rules) -> int:
    """When what was reported at `at` was over, as far as is known; 0: it is not."""
    times = [p[AT] for p in later if rules.clears(p[NODE], p[KIND], kind)]
    if held is not None and held.cleared_at > at:
        times.append(held.cleared_at)
    return max(times, default=0)


def cleared(episodes: Episodes, point: Point, rules: Rules) -> tuple[Episodes, list[Turn]]:
    """What a scan ends: open exceptions whose latest report is before it. Closed ones remember the latest end."""
    at, node, kind = point[AT], point[NODE], point[KIND]
    kept: list[Episode] = []
    turns: list[Turn] = []
    for episode in episodes:
        later = at > max(episode.last, episode.cleared_at)
        if later and episode.kind != kind and rules.clears(node, kind, episode.kind):
            if not episode.cleared_at:
                turns.append(Cleared(episode._replace(cleared_at=at)))
            episode = episode._replace(cleared_at=at)
        kept.append(episode)
    return tuple(kept), turns


def fell_silent(
    episodes: Episodes, kind: int, since: int, due: int, tracking_number: str, rules: Rules
) -> tuple[Episodes, list[Turn]]:
    """The timer of a silence that began at `since`: raised, unless it is open already or another one says enough."""
    if any(not e.cleared_at and (e.kind == kind or e.kind in rules.silent) for e in episodes):
        return episodes, []
    cause = timer_cause(tracking_number, due)
    episode = Episode(kind, exception_id(tracking_number, kind, cause), since, since, 0)
    return _with(episodes, episode), [Raised(episode, NONE)]


def _with(episodes: Episodes, episode: Episode) -> Episodes:
    return (*[e for e in episodes if e.kind != episode.kind], episode)

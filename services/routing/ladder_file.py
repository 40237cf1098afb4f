"""escalation.yaml: the ladders, checked rung by rung (RO-8)."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from services.routing.decision_table import RuleError
from services.routing.escalation import Ladder, Ladders, Start, Step
from services.routing.hours_file import Calendars
from services.routing.rule_file import RuleFile
from shared.contracts.cases import CaseKind, ClockKind
from shared.contracts.staff import StaffRole

ROLES = tuple(role.value for role in StaffRole)
CHANNELS = ("desk", "mail", "phone", "sms", "webhook")
_STEP = {"after_minutes", "role", "channels", "calendar", "critical", "unless"}
_LADDER = {"id", "name", "starts", "when", "steps"}
_WHEN = ("tags", "kinds", "tiers", "priorities")


def ladders_of(part: RuleFile, calendars: Calendars, tags: Collection[str], tiers: Collection[str]) -> Ladders:
    """Raises `RuleError` with file and cell."""
    ladders = tuple(_ladder(part, row, calendars, tags, tiers) for row in part.get("ladders", list))
    ids = [ladder.ladder_id for ladder in ladders]
    if len(set(ids)) != len(ids):
        raise RuleError(part.file, "ladders", "an id stands twice")
    return ladders


def _ladder(part: RuleFile, row: Any, calendars: Calendars, tags: Collection[str], tiers: Collection[str]) -> Ladder:
    name = part.get("id", str, row)
    where = f"ladders.{name}"
    _only(part, where, row, _LADDER)
    part.by_language("name", row)
    when = row.get("when") or {}
    _only(part, f"{where}.when", when, _WHEN)
    steps = tuple(
        _step(part, f"{where}.steps.{level}", level, step, calendars)
        for level, step in enumerate(part.get("steps", list, row), start=1)
    )
    if not steps:
        raise RuleError(part.file, f"{where}.steps", "has no step")
    if sorted(step.after for step in steps) != [step.after for step in steps]:
        raise RuleError(part.file, f"{where}.steps", "a later step must come later")
    return Ladder(
        ladder_id=name,
        starts=_starts(part, f"{where}.starts", part.get("starts", str, row)),
        steps=steps,
        tags=frozenset(_known(part, f"{where}.when.tags", when.get("tags"), tags)),
        kinds=frozenset(map(CaseKind, _known(part, f"{where}.when.kinds", when.get("kinds"), list(CaseKind)))),
        tiers=frozenset(_known(part, f"{where}.when.tiers", when.get("tiers"), tiers)),
        priorities=frozenset(_known(part, f"{where}.when.priorities", when.get("priorities"), range(1, 5))),
    )


def _starts(part: RuleFile, cell: str, text: str) -> Start | ClockKind:
    word, _, clock = text.partition(":")
    if word == "breach":
        return ClockKind(part.choice(cell, clock.strip(), [kind.value for kind in ClockKind]))
    return Start(part.choice(cell, text, [start.value for start in Start]))


def _step(part: RuleFile, where: str, level: int, row: Any, calendars: Calendars) -> Step:
    _only(part, where, row, _STEP)
    for channel in part.texts("channels", row):
        part.choice(f"{where}.channels", channel, CHANNELS)
    unless = row.get("unless")
    if unless not in (None, "handled"):
        raise RuleError(part.file, f"{where}.unless", f"{unless!r} is not known; handled is")
    return Step(
        level=level,
        after=timedelta(minutes=part.whole("after_minutes", 0, 60 * 24 * 60, row)),
        role=part.choice(f"{where}.role", part.get("role", str, row), ROLES),
        channels=part.texts("channels", row),
        hours=calendars[part.choice(f"{where}.calendar", part.get("calendar", str, row), list(calendars))],
        critical=part.get("critical", bool, row),
        unless_handled=unless is not None,
    )


def _known(part: RuleFile, cell: str, values: Any, allowed: Iterable[Any]) -> list[Any]:
    if values is None:
        return []
    if not isinstance(values, list) or not values:
        raise RuleError(part.file, cell, "must be a list that is not empty")
    known = list(allowed)
    for value in values:
        if value not in known:
            raise RuleError(part.file, cell, f"{value!r} is not one of {', '.join(map(str, known))}")
    return values


def _only(part: RuleFile, where: str, row: Any, allowed: Collection[str]) -> None:
    if not isinstance(row, dict):
        raise RuleError(part.file, where, "is not a mapping")
    for name in row:
        if name not in allowed:
            raise RuleError(part.file, f"{where}.{name}", "is not known")

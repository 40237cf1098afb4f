"""legal_deadlines.yaml: kinds of legal deadlines, checked cell by cell (RO-7)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.routing.decision_table import RuleError
from services.routing.hours import BusinessHours
from services.routing.ladder_file import CHANNELS, ROLES
from services.routing.legal.rules import EVENTS, LegalRule, LegalRules, LegalStep
from services.routing.rule_file import RuleFile
from shared.contracts.cases import ClockKind
from shared.contracts.legal import LegalKind

DAY_S = 24 * 3600
_TIMES = {"starts", "from", "days", "years", "met_by", "withdrawn_by", "clock", "carrier_share", "steps"}
_CELLS = {"name", "law", "article", "source", "certain", *_TIMES}
_STEP = {"before_days", "after_days", "role", "channels", "calendar", "critical"}


def legal_of(part: RuleFile, calendars: Mapping[str, BusinessHours], sla: RuleFile) -> LegalRules:
    """Raises `RuleError` with file and cell, also where sla.json gives a deadline's clock other days."""
    rows = part.get("deadlines", dict)
    for name in rows:
        part.choice("deadlines", name, [kind.value for kind in LegalKind])
    rules = {kind: _rule(part, kind, calendars) for kind in LegalKind}
    for rule in rules.values():
        if rule.clock is not None:
            _same_days(rule, rule.clock, sla)
    return rules


def _rule(part: RuleFile, kind: LegalKind, calendars: Mapping[str, BusinessHours]) -> LegalRule:
    where = f"deadlines.{kind.value}"
    row = part.get(where, dict)
    for cell in row:
        part.choice(f"{where}.{cell}", cell, sorted(_CELLS))
    days, years = part.whole("days", 1, 3660, row) if "days" in row else 0, _years(part, row)
    if bool(days) == bool(years):
        raise RuleError(part.file, where, "has either days or years")
    if not part.get("source", str, row).strip():
        raise RuleError(part.file, f"{where}.source", "is empty: say where this limit comes from")
    steps = [_step(part, f"{where}.steps.{n}", step, calendars) for n, step in enumerate(part.get("steps", list, row))]
    if [s.offset for s in steps] != sorted(s.offset for s in steps):
        raise RuleError(part.file, f"{where}.steps", "a later step must come later")
    return LegalRule(
        kind=kind,
        name=part.by_language("name", row),
        law=part.by_language("law", row),
        article=part.by_language("article", row),
        source=part.get("source", str, row),
        certain=part.get("certain", bool, row),
        starts=_events(part, where, "starts", row),
        from_opening="from" in row and part.choice(f"{where}.from", row["from"], ["opened"]) == "opened",
        days=days,
        years=years,
        met_by=_events(part, where, "met_by", row),
        withdrawn_by=_events(part, where, "withdrawn_by", row),
        clock=_clock(part, where, row),
        carrier_share=part.get("carrier_share", bool, row) if "carrier_share" in row else False,
        warnings=tuple(step for step in steps if step.offset < timedelta()),
        afterwards=tuple(step for step in steps if step.offset >= timedelta()),
    )


def _years(part: RuleFile, row: Any) -> int:
    return part.whole("years", 1, 30, row) if "years" in row else 0


def _events(part: RuleFile, where: str, cell: str, row: Any) -> frozenset[str]:
    return frozenset(part.choice(f"{where}.{cell}", name, EVENTS) for name in part.texts(cell, row))


def _clock(part: RuleFile, where: str, row: Any) -> ClockKind | None:
    if "clock" not in row:
        return None
    return ClockKind(part.choice(f"{where}.clock", row["clock"], [kind.value for kind in ClockKind]))


def _step(part: RuleFile, where: str, row: Any, calendars: Mapping[str, BusinessHours]) -> LegalStep:
    if not isinstance(row, dict) or row.keys() - _STEP or ("before_days" in row) == ("after_days" in row):
        raise RuleError(part.file, where, "has before_days or after_days, role, channels, calendar and critical")
    for channel in part.texts("channels", row):
        part.choice(f"{where}.channels", channel, CHANNELS)
    before = "before_days" in row
    days = part.whole("before_days", 1, 3660, row) if before else part.whole("after_days", 0, 3660, row)
    return LegalStep(
        offset=timedelta(days=-days if before else days),
        role=part.choice(f"{where}.role", part.get("role", str, row), ROLES),
        channels=part.texts("channels", row),
        hours=calendars[part.choice(f"{where}.calendar", part.get("calendar", str, row), list(calendars))],
        critical=part.get("critical", bool, row),
    )


def _same_days(rule: LegalRule, clock: ClockKind, sla: RuleFile) -> None:
    """The law is said once: a row of the clock gives its days, or 0 for no limit, around the clock."""
    column = f"{clock.value}_seconds"
    for node in sla.get("nodes", list):
        for row in node.get("content", {}).get("rules", ()) if node.get("name") == clock.value else ():
            seconds, calendar = row.get(column), row.get(f"{clock.value}_calendar")
            if seconds not in ("0", str(rule.days * DAY_S)) or calendar != '"always"':
                cell = f"{clock.value}/{row.get('_id')}/{column}"
                raise RuleError(
                    sla.file, cell, f"is not the {rule.days} days of legal_deadlines.yaml, around the clock"
                )

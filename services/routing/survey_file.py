"""rules/survey.yaml: read and checked; an error names file and line (RO-14)."""

from datetime import date, timedelta
from pathlib import Path
from typing import cast

from services.routing.decision_table import RuleError
from services.routing.lined_rule_file import LINE, LinedRuleFile
from services.routing.rule_file import RuleFile
from services.routing.survey import Bad, NotAsked, SurveyRules, Then
from shared.contracts.cases import CaseKind

FILE = "survey.yaml"


def load(directory: Path, today: date | None) -> SurveyRules:
    """Raises `RuleError`."""
    part = LinedRuleFile.read(directory / FILE, today)
    bad = tuple(_bad(part.row(row)) for row in part.get("bad", list))
    if not bad or bad[-1].kinds:
        raise RuleError(part.file, "bad", "the last row must hold for every kind")
    return SurveyRules(
        open_for=timedelta(hours=part.whole("open_hours", 1, 24 * 90)),
        not_asked=tuple(_not_asked(part.row(row)) for row in part.get("not_asked", list)),
        bad_up_to=part.whole("bad_up_to", 0, 4),
        bad=bad,
        lead_level=part.whole("lead_level", 1, 9),
    )


def _not_asked(part: RuleFile) -> NotAsked:
    _only(part, "kinds", "written")
    written = part.get("written", bool) if "written" in part.content else None
    kinds = _kinds(part)
    if not kinds and written is None:
        raise RuleError(part.file, "not_asked", "a row without kinds and written would ask nobody")
    return NotAsked(kinds, written)


def _bad(part: RuleFile) -> Bad:
    _only(part, "kinds", "then")
    return Bad(_kinds(part), cast(Then, part.choice("then", part.get("then", str), ["reopen", "lead", "nothing"])))


def _kinds(part: RuleFile) -> frozenset[CaseKind]:
    if "kinds" not in part.content:
        return frozenset()
    allowed = [kind.value for kind in CaseKind]
    return frozenset(CaseKind(part.choice("kinds", kind, allowed)) for kind in part.texts("kinds"))


def _only(part: RuleFile, *cells: str) -> None:
    if unknown := sorted(part.content.keys() - {*cells, LINE}):
        raise RuleError(part.file, unknown[0], f"is no column; there are {', '.join(cells)}")

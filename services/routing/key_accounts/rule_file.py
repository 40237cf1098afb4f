"""rules/key_accounts.yaml: read and checked; an error names file and line (RO-5)."""

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.routing.decision_table import RuleError
from services.routing.key_accounts.rules import Counted, KeyAccountRules
from services.routing.life import STANDARD
from services.routing.lined_rule_file import LINE, LinedRuleFile
from services.routing.rule_file import RuleFile
from shared.contracts.orders import OrderStage

FILE = "key_accounts.yaml"
CELLS = ("parcels_over", "months_after", "timezone", "stages", "counted_for", "tier")
MOST_PARCELS = 500
"""So many tracking numbers a customer and month are kept."""
MOST_MONTHS = 1
"""order-events.v1 is kept for two months: what is older could not be counted again."""


def load(directory: Path, tiers: Collection[str], today: date | None) -> KeyAccountRules:
    """`tiers`: those that the tables know. Raises `RuleError`."""
    file = LinedRuleFile.read(directory / FILE, today)
    part = file.row(file.get("volume", dict))
    if unknown := sorted(part.content.keys() - {*CELLS, LINE}):
        raise RuleError(part.file, unknown[0], f"is no cell; there are {', '.join(CELLS)}")
    served = sorted(set(tiers) - {STANDARD})
    return KeyAccountRules(
        parcels_over=part.whole("parcels_over", 0, MOST_PARCELS),
        months_after=part.whole("months_after", 0, MOST_MONTHS),
        zone=_zone(part),
        stages=frozenset(map(OrderStage, _words(part, "stages", [stage.value for stage in OrderStage]))),
        counted_for=frozenset(cast(Counted, word) for word in _words(part, "counted_for", get_args(Counted))),
        tier=part.choice("tier", part.get("tier", str), served),
    )


def _words(part: RuleFile, cell: str, allowed: Collection[str]) -> tuple[str, ...]:
    words = tuple(part.choice(cell, word, tuple(allowed)) for word in part.texts(cell))
    if not words or len(set(words)) < len(words):
        raise RuleError(part.file, cell, "is empty or names something twice")
    return words


def _zone(part: RuleFile) -> ZoneInfo:
    try:
        return ZoneInfo(part.get("timezone", str))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RuleError(part.file, "timezone", str(error)) from error

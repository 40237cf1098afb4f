"""handover.yaml, checked cell by cell; an error names file and line (RO-4)."""

from datetime import date, timedelta
from pathlib import Path

from services.routing.handover.rules import HandOverRules
from services.routing.lined_rule_file import LinedRuleFile
from shared.contracts.people import Channel

FILE = "handover.yaml"
DAY_M = 24 * 60


def load(directory: Path, today: date | None = None) -> HandOverRules:
    """Raises `RuleError`."""
    part = LinedRuleFile.read(directory / FILE, today)
    last, urgent = part.row(part.get("last_minutes", dict)), part.row(part.get("urgent", dict))
    return HandOverRules(
        last={channel: timedelta(minutes=last.whole(channel.value, 0, DAY_M)) for channel in Channel},
        up_to_priority=urgent.whole("up_to_priority", 0, 4),
        due_within=timedelta(minutes=urgent.whole("due_within_minutes", 0, DAY_M)),
        unanswered=urgent.get("unanswered", bool),
        stays=timedelta(hours=part.whole("stays_within_hours", 0, 7 * 24)),
    )

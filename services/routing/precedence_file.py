"""assignment.yaml: ageing, stickiness and what changes at peak, checked cell by cell (RO-4, RO-5)."""

from datetime import timedelta
from typing import Any

from services.routing.decision_table import RuleError
from services.routing.precedence import Later, Precedence
from services.routing.rule_file import RuleFile
from shared.contracts.cases import CaseKind
from shared.contracts.people import Channel


def precedence_of(part: RuleFile) -> Precedence:
    """Raises `RuleError` with file and cell."""
    first: dict[tuple[Channel, CaseKind], int] = {}
    for row in part.get("peak.first", list):
        key = (_channel(part, "peak.first", row), CaseKind(part.choice("peak.first.kind", _of(row, "kind"), _KINDS)))
        if key in first:
            raise RuleError(part.file, "peak.first", f"{key[0].value} and {key[1].value} stand twice")
        first[key] = part.whole("lift", 1, 9, row)
    later: dict[Channel, Later] = {}
    for row in part.get("peak.later", list):
        channel = _channel(part, "peak.later", row)
        if channel in later:
            raise RuleError(part.file, "peak.later", f"{channel.value} stands twice")
        wait = timedelta(minutes=part.whole("minutes", 1, 24 * 60, row))
        later[channel] = Later(part.whole("from_priority", 1, 4, row), wait)
    return Precedence(
        ageing=timedelta(minutes=part.whole("ageing_minutes", 1, 7 * 24 * 60)),
        sticky_load=part.whole("sticky_load_percent", 0, 100) / 100,
        peak_from=part.whole("peak.from_percent", 1, 1000) / 100,
        handling={
            channel: timedelta(minutes=part.whole(f"peak.handling_minutes.{channel.value}", 1, 24 * 60))
            for channel in Channel
        },
        first=first,
        later=later,
    )


_KINDS = [kind.value for kind in CaseKind]


def _of(row: Any, name: str) -> Any:
    return row.get(name) if isinstance(row, dict) else None


def _channel(part: RuleFile, cell: str, row: Any) -> Channel:
    return Channel(part.choice(f"{cell}.channel", _of(row, "channel"), [channel.value for channel in Channel]))

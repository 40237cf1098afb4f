"""rules/estimates.yaml: read and checked; an error names file and line (RO-11)."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from services.routing.decision_table import RuleError
from services.routing.estimates.table import DEFAULT_PRODUCT, ON_THE_WAY, PLAYBOOK, EstimateRules, Hold
from services.routing.hours import BusinessHours
from services.routing.lined_rule_file import LINE, LinedRuleFile
from services.routing.playbook import Book
from services.routing.rule_file import RuleFile
from shared.contracts.parcels import ExceptionKind, Node

FILE = "estimates.yaml"
UNKNOWN = "unknown"
MOST_HOURS = 24 * 60


def load(directory: Path, book: Book, calendars: Mapping[str, BusinessHours], today: date | None) -> EstimateRules:
    """Raises `RuleError`."""
    part = LinedRuleFile.read(directory / FILE, today)
    return EstimateRules(
        usual=_usual(part),
        holds=_holds(part.row(part.get("held_hours", dict))),
        tolerance=timedelta(hours=part.whole("tolerance_hours", 0, 7 * 24)),
        delivery=_calendar(part, "delivery_calendar", calendars),
        office=_calendar(part, "office_calendar", calendars),
        book=book,
    )


def _calendar(part: RuleFile, cell: str, calendars: Mapping[str, BusinessHours]) -> BusinessHours:
    return calendars[part.choice(cell, part.get(cell, str), sorted(calendars))]


def _usual(part: LinedRuleFile) -> Mapping[str, Mapping[Node, timedelta]]:
    found: dict[str, Mapping[Node, timedelta]] = {}
    for raw in part.get("usual_hours", list):
        row = part.row(raw)
        product = row.get("product", str)
        if product in found:
            raise RuleError(row.file, "product", f"{product} stands twice")
        found[product] = _left(row)
    if DEFAULT_PRODUCT not in found:
        raise RuleError(part.file, "usual_hours", f'there is no row for every other product: "{DEFAULT_PRODUCT}"')
    return found


def _left(row: RuleFile) -> Mapping[Node, timedelta]:
    """Every node before the arrival; never more than at the node before it, but for customs."""
    for cell in row.content.keys() - {LINE, "product"}:
        row.choice(cell, cell, [node.value for node in ON_THE_WAY])
    hours = {node: row.whole(node.value, 1, MOST_HOURS) for node in ON_THE_WAY}
    for earlier, later in pairwise(node for node in ON_THE_WAY if node is not Node.CUSTOMS):
        if hours[later] > hours[earlier]:
            raise RuleError(
                row.file, later.value, f"{hours[later]} is more than the {hours[earlier]} of {earlier.value}"
            )
    return {node: timedelta(hours=left) for node, left in hours.items()}


def _holds(part: RuleFile) -> Mapping[ExceptionKind, Hold]:
    for cell in part.content.keys() - {LINE}:
        part.choice("held_hours", cell, list(ExceptionKind))
    return {kind: _hold(part, kind) for kind in ExceptionKind}


def _hold(part: RuleFile, kind: ExceptionKind) -> Hold:
    cell = part.get(kind.value, (int, str))
    if cell == UNKNOWN:
        return None
    if cell == PLAYBOOK:
        return PLAYBOOK
    return timedelta(hours=part.whole(kind.value, 0, MOST_HOURS))

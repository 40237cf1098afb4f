"""The rules of a day as the fold reads them: codes instead of names, microseconds instead of hours and days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import structlog

from services.routing.parcels.state import KIND_CODE, NODE_CODE
from services.routing.parcels.tables import (
    ANY,
    DIRECTORY,
    ExceptionRow,
    Exceptions,
    Keeping,
    RuleError,
    Silence,
    load,
    valid_on,
    versions,
)
from services.routing.parcels.track import NONE

log = structlog.get_logger()

MINUTE = 60 * 1_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
DAYS_HELD = 16
"""Events that come late, or again, may belong to several days."""

Limits = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rules:
    """Made by `compile_rules`. `silent`: exceptions during which no timer raises another one; `followed`: during which
    it is told that the parcel came to another node."""

    version: str
    limits_by_product: Mapping[tuple[int, str], Limits]
    limits_by_node: Mapping[int, Limits]
    levels: Mapping[int, int]
    clearing_nodes: Mapping[int, frozenset[int]]
    clearing_reports: Mapping[int, frozenset[int]]
    silent: frozenset[int]
    followed: frozenset[int]
    signed_keep: int
    silent_keep: int
    ahead: int

    def limits(self, node: int, product: str) -> Limits:
        """Silence until a delay, and until a presumed loss."""
        return self.limits_by_product.get((node, product)) or self.limits_by_node[node]

    def clears(self, node: int, kind: int, exception: int) -> bool:
        """Whether a scan at `node` that reports `kind` (or NONE) shows that `exception` is over."""
        if kind == NONE:
            return node in self.clearing_nodes[exception]
        return kind in self.clearing_reports[exception]


def compile_rules(silence: Silence, exceptions: Exceptions, keeping: Keeping) -> Rules:
    products = {row.product for row in silence.rows} - {ANY}
    return Rules(
        version=f"{silence.version}/{exceptions.version}/{keeping.version}",
        limits_by_product={(n, p): _limits(silence, n, p) for n in NODE_CODE.values() for p in products},
        limits_by_node={n: _limits(silence, n, ANY) for n in NODE_CODE.values()},
        levels={KIND_CODE[r.kind]: r.level for r in exceptions.rows},
        clearing_nodes={KIND_CODE[r.kind]: _nodes(r) for r in exceptions.rows},
        clearing_reports={KIND_CODE[r.kind]: _reports(r) for r in exceptions.rows},
        silent=frozenset(KIND_CODE[r.kind] for r in exceptions.rows if r.silent),
        followed=frozenset(KIND_CODE[r.kind] for r in exceptions.rows if r.followed),
        signed_keep=keeping.signed_days * DAY,
        silent_keep=keeping.silent_days * DAY,
        ahead=keeping.ahead_minutes * MINUTE,
    )


def _limits(silence: Silence, node: int, product: str) -> Limits:
    for row in silence.rows:
        if (row.node == ANY or NODE_CODE[row.node] == node) and row.product in (ANY, product):
            return row.delay_hours * HOUR, row.loss_hours * HOUR
    raise AssertionError("the last row fits everything: checked at load")


def _nodes(row: ExceptionRow) -> frozenset[int]:
    if ANY in row.cleared_by_nodes:
        return frozenset(NODE_CODE.values())
    return frozenset(NODE_CODE[n] for n in row.cleared_by_nodes if n != ANY)


def _reports(row: ExceptionRow) -> frozenset[int]:
    return frozenset(KIND_CODE[kind] for kind in row.cleared_by_reports)


class RuleBook:
    """All versions of the tables. Raises `RuleError` where a cell or the sequence of versions is wrong."""

    def __init__(self, directory: Path = DIRECTORY) -> None:
        tables = load(directory)
        self._silence = versions(tables, Silence)
        self._exceptions = versions(tables, Exceptions)
        self._keeping = versions(tables, Keeping)
        self._by_day: dict[date, Rules] = {}
        for table in (*self._silence, *self._exceptions, *self._keeping):
            self._check_keeping(table.valid_from)

    def at(self, now: datetime) -> Rules:
        """The rules of the day of `now`. After the end of the last version it goes on to hold, with an alarm."""
        day = now.date()
        rules = self._by_day.get(day)
        if rules is None:
            rules = self._by_day[day] = self._compiled(day)
        return rules

    def _compiled(self, day: date) -> Rules:
        for file in self.expired(day):
            log.error("rules_expired", file=file)
        if len(self._by_day) >= DAYS_HELD:
            self._by_day.clear()
        return compile_rules(
            valid_on(self._silence, day), valid_on(self._exceptions, day), valid_on(self._keeping, day)
        )

    def expired(self, day: date) -> list[str]:
        """The files whose validity has ended with nothing to follow."""
        latest = (valid_on(self._silence, day), valid_on(self._exceptions, day), valid_on(self._keeping, day))
        return [table.file for table in latest if table.valid_to is not None and table.valid_to < day]

    def _check_keeping(self, day: date) -> None:
        keeping = valid_on(self._keeping, day)
        longest = max(row.loss_hours for row in valid_on(self._silence, day).rows)
        if keeping.silent_days * 24 <= longest:
            raise RuleError(keeping.file, "silent_days", f"must be more than the {longest} h until a presumed loss")

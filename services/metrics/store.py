"""The figures in MongoDB: totals and hours, each process adding to documents of its own, readers summing them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.read_concern import ReadConcern

from services.metrics.fold import Cell
from services.metrics.indicator import BY_NAME, INDICATORS
from services.metrics.labels import Hour
from services.metrics.shapes import Type
from shared.mongo import Database, Session

Series = tuple[str, tuple[str, ...]]
"""Indicator and labels."""

SEPARATOR = "|"
Values = dict[str, dict[str, int]]
"""As stored: indicator → labels in one field → amount."""

TOTAL = "total"
ALL_TOTALS = {"_id": {"$regex": f"^{TOTAL}/"}}
SETTLED = f"{TOTAL}/settled"
GAUGES = frozenset(indicator.name for indicator in INDICATORS if indicator.type is Type.GAUGE)
SNAPSHOT = ReadConcern("snapshot")
# A dot in a field's name is a path to MongoDB.
DOT, STORED_DOT = ".", "．"


class Figures:
    """`writer` names this process; writers never share a document, so they never conflict.

    Documents: `total/<writer>` holds everything, `<hour>/<writer>` what happened in one hour (no gauges there).
    """

    def __init__(self, database: Database, writer: str, history_days: int) -> None:
        self._database = database
        self._collection = database.collection("figures")
        self._marks = database.collection("rebuilds")
        self._writer = writer
        self._history_s = history_days * 86400

    async def create_indexes(self) -> None:
        await self._collection.create_index("hour", expireAfterSeconds=self._history_s)

    async def add(self, amounts: Mapping[Cell, int], session: Session) -> None:
        """Add a batch: one write for the totals and one for each hour that it touches."""
        if not amounts:
            return
        total: dict[str, int] = {}
        hours: dict[Hour, dict[str, int]] = {}
        for (name, labels, hour), amount in amounts.items():
            field = f"v.{name}.{_field(labels)}"
            total[field] = total.get(field, 0) + amount
            if name not in GAUGES:
                hours.setdefault(hour, {})[field] = amount
        await self._collection.bulk_write(
            [
                UpdateOne({"_id": f"{TOTAL}/{self._writer}"}, {"$inc": total}, upsert=True),
                *(self._hour_update(hour, amounts) for hour, amounts in hours.items()),
            ],
            ordered=False,
            session=session,
        )

    def _hour_update(self, hour: Hour, amounts: Mapping[str, int]) -> UpdateOne:
        start = datetime.fromtimestamp(hour * 3600, UTC)
        update = {"$inc": amounts, "$setOnInsert": {"hour": start}}
        return UpdateOne({"_id": f"{start:%Y-%m-%dT%H}/{self._writer}"}, update, upsert=True)

    async def totals(self) -> dict[Series, int]:
        """Every indicator since the beginning, of all processes, as of one moment."""
        rows = await self._collection.with_options(read_concern=SNAPSHOT).find(ALL_TOTALS).to_list(None)
        return _series(_sum(rows))

    async def between(self, start: datetime, end: datetime) -> dict[Series, int]:
        """What happened in the hours from `start` (inclusive) to `end` (exclusive); counters and histograms."""
        rows = self._collection.find({"hour": {"$gte": start, "$lt": end}})
        return _series(_sum([row async for row in rows]))

    async def settle(self) -> None:
        """Merge the totals of all processes into one document and forget gauges that are back at zero.

        A process that writes meanwhile conflicts, and one of the two does it again: nothing is lost or doubled.
        """

        async def merge(session: Session) -> None:
            values = _sum(await self._collection.find(ALL_TOTALS, session=session).to_list(None))
            for name in values.keys() & GAUGES:
                values[name] = {field: amount for field, amount in values[name].items() if amount != 0}
            await self._collection.delete_many(ALL_TOTALS, session=session)
            if values:
                await self._collection.insert_one({"_id": SETTLED, "v": values}, session=session)

        await self._database.transaction(merge)

    async def mark_rebuild(self, targets: Mapping[str, int]) -> None:
        """Remember how far a rebuild has to read ("group/topic/partition" → offset) before figures are shown."""
        stored = {key.replace(DOT, STORED_DOT): offset for key, offset in targets.items()}
        await self._marks.replace_one({"_id": "rebuild"}, {"targets": stored}, upsert=True)

    async def rebuild_targets(self) -> dict[str, int]:
        """Empty where no rebuild is under way."""
        row = await self._marks.find_one({"_id": "rebuild"})
        return {key.replace(STORED_DOT, DOT): offset for key, offset in (row or {"targets": {}})["targets"].items()}

    async def finish_rebuild(self) -> None:
        await self._marks.delete_one({"_id": "rebuild"})


def _field(labels: Iterable[str]) -> str:
    return SEPARATOR.join(labels).replace(DOT, STORED_DOT)


def _sum(rows: Iterable[Mapping[str, Any]]) -> Values:
    total: Values = {}
    for row in rows:
        for name, values in row.get("v", {}).items():
            into = total.setdefault(name, {})
            for field, amount in values.items():
                into[field] = into.get(field, 0) + amount
    return total


def _series(values: Values) -> dict[Series, int]:
    """By indicator and labels; what another version of this service counts is left alone."""
    return {
        (name, tuple(field.replace(STORED_DOT, DOT).split(SEPARATOR))): amount
        for name in values.keys() & BY_NAME.keys()
        for field, amount in values[name].items()
    }

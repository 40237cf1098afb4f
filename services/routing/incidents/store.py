"""Incidents, their customers, and the counts that find them, in MongoDB.

Counts are written in the transaction of the exceptions that they count, one document for each bucket, cell and
partition: processes that read different partitions never meet there.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import IndexModel, InsertOne, ReplaceOne, UpdateOne

from services.routing.incidents import linking
from services.routing.incidents.affected import STORED, Affected, affected_id, retold
from services.routing.incidents.cause import Cell, Regions, cell_of, key_of
from services.routing.incidents.detect import History, Tally
from services.routing.incidents.incident import Decided, next_due
from services.routing.incidents.linking import Links
from services.routing.incidents.rules import IncidentRules
from shared.contracts.incidents import Cause, Incident, IncidentChanged, IncidentParcel, IncidentStatus
from shared.contracts.parcels import ExceptionKind, ParcelExceptionCleared, ParcelExceptionRaised
from shared.messaging.handler import Conflict, Session
from shared.messaging.message import Incoming
from shared.messaging.outcome import Done, Ignored, Outcome
from shared.mongo import Database

Document = dict[str, Any]
HOUR = timedelta(hours=1)


class IncidentStore:
    def __init__(self, database: Database, rules: IncidentRules) -> None:
        self._incidents = database.collection("incidents")
        self._history = database.collection("incident_changes")
        self._affected = database.collection("incident_customers")
        self._counts = database.collection("exception_counts")
        self._rules = rules

    async def create_indexes(self) -> None:
        await self._incidents.create_indexes(
            [
                # Only open incidents have it: one at most for each cause.
                IndexModel("open_cause", name="open_cause", unique=True, sparse=True),
                IndexModel("next_due", name="next_due", sparse=True),
                IndexModel("closed_at", name="closed_at", sparse=True),
                IndexModel("opened_at", name="opened_at"),
            ]
        )
        await self._history.create_index([("incident_id", 1), ("version", 1)], unique=True)
        await self._affected.create_indexes(
            [
                IndexModel("open_parcels", name="open_parcels", sparse=True),
                # Whose parcels follow another estimate than their incident's is found without looking at the others.
                IndexModel([("incident", 1), ("delays", 1)], name="delays"),
            ]
        )
        keep = int(timedelta(days=self._rules.usual.days + 2).total_seconds())
        await self._counts.create_indexes(
            [
                IndexModel([("kind", 1), ("at", 1)], name="kind"),
                IndexModel("at", name="at"),
                IndexModel("written", name="written", expireAfterSeconds=keep),
            ]
        )

    async def links_of(self, events: Sequence[object], session: Session) -> Links:
        """What exceptions of a batch may touch; a batch without any asks nothing."""
        if not any(isinstance(event, ParcelExceptionRaised | ParcelExceptionCleared) for event in events):
            return Links((), {}, (), self._rules)
        incidents = await self.open(session)
        wanted = linking.wanted(events, incidents, self._rules)
        found = await self.affected(wanted.ids, wanted.tracking_numbers, session)
        return Links(incidents, found, wanted.ids, self._rules)

    async def open(self, session: Session | None = None) -> list[Incident]:
        rows = await self._incidents.find({"open_cause": {"$exists": True}}, session=session).to_list(None)
        return [_incident(row) for row in rows]

    async def closed_since(self, moment: datetime) -> list[Incident]:
        return [_incident(row) for row in await self._incidents.find({"closed_at": {"$gte": moment}}).to_list(None)]

    async def listed(self, only_open: bool, limit: int) -> list[Incident]:
        """The latest first."""
        wanted = {"open_cause": {"$exists": True}} if only_open else {}
        return [
            _incident(row)
            for row in await self._incidents.find(wanted).sort("opened_at", -1).limit(limit).to_list(limit)
        ]

    async def get(self, incident_id: str, session: Session | None = None) -> Incident | None:
        row = await self._incidents.find_one({"_id": incident_id}, session=session)
        return None if row is None else _incident(row)

    async def history(self, incident_id: str) -> list[IncidentChanged]:
        rows = await self._history.find({"incident_id": incident_id}).sort("version", 1).to_list(None)
        return [IncidentChanged.model_validate_json(row["changed"]) for row in rows]

    async def due(self, now: datetime, limit: int) -> list[str]:
        rows = await self._incidents.find({"next_due": {"$lte": now}}, {"_id": 1}).limit(limit).to_list(limit)
        return [row["_id"] for row in rows]

    async def save(self, before: Incident | None, decided: Decided, now: datetime, session: Session) -> None:
        """Raises `Conflict` where somebody else wrote it since; a duplicate key error where its cause is open."""
        document = self._document(decided.incident)
        if before is None:
            await self._incidents.insert_one(document, session=session)
        else:
            wanted = {"_id": before.incident_id, "version": before.version}
            if (await self._incidents.replace_one(wanted, document, session=session)).matched_count != 1:
                raise Conflict("an incident was changed meanwhile")
        changed = IncidentChanged(changes=decided.changes, incident=decided.incident, at=now)
        await self._history.insert_one(_change(changed), session=session)

    async def affected(
        self, ids: Sequence[str], tracking_numbers: Sequence[str], session: Session | None = None
    ) -> dict[str, Affected]:
        """Customers by id, and those with one of these parcels under an incident."""
        wanted: list[Document] = [{"_id": {"$in": list(ids)}}] if ids else []
        if tracking_numbers:
            wanted.append({"open_parcels": {"$in": list(tracking_numbers)}})
        if not wanted:
            return {}
        return {row["_id"]: _stored(row) async for row in self._affected.find({"$or": wanted}, session=session)}

    async def ended(self, limit: int, session: Session | None = None) -> list[Affected]:
        """Customers with parcels that are still under incidents that are over."""
        open_ids = [incident.incident_id for incident in await self.open(session)]
        wanted = {"open_parcels": {"$exists": True}, "incident": {"$nin": open_ids}}
        return [_stored(row) for row in await self._affected.find(wanted, session=session).limit(limit).to_list(limit)]

    async def behind(self, incident: Incident, limit: int, session: Session | None = None) -> list[Affected]:
        """Customers with parcels that follow another estimate than the incident's."""
        others = {"$elemMatch": {"$ne": incident.delay_hours}}
        found = self._affected.find({"incident": incident.incident_id, "delays": others}, session=session)
        return [_stored(row) for row in await found.limit(limit).to_list(limit)]

    async def figures(self, incident_id: str) -> Document:
        """Customers, parcels, and those of them that are still under it."""
        stages: list[Document] = [
            {"$match": {"incident": incident_id}},
            {
                "$group": {
                    "_id": None,
                    "customers": {"$sum": 1},
                    "parcels": {"$sum": "$parcels"},
                    "open_parcels": {"$sum": {"$size": {"$ifNull": ["$open_parcels", []]}}},
                }
            },
        ]
        async for row in self._affected.aggregate(stages):
            return {name: row[name] for name in ("customers", "parcels", "open_parcels")}
        return {"customers": 0, "parcels": 0, "open_parcels": 0}

    async def parcels(self, incident_id: str, limit: int, skip: int) -> list[Affected]:
        found = self._affected.find({"incident": incident_id}).sort("_id", 1).skip(skip).limit(limit)
        return [_stored(row) for row in await found.to_list(limit)]

    async def save_affected(self, links: Links, session: Session) -> None:
        await self.keep(links.changed, links.loaded, session)

    async def keep(self, changed: Mapping[str, Affected], loaded: Mapping[str, Affected], session: Session) -> None:
        """Raises `Conflict` where somebody else wrote one since it was loaded."""
        if not changed:
            return
        old = [
            ReplaceOne({"_id": key, "version": loaded[key].version}, _row(one))
            for key, one in changed.items()
            if key in loaded
        ]
        new = [InsertOne(_row(one)) for key, one in changed.items() if key not in loaded]
        result = await self._affected.bulk_write([*old, *new], ordered=True, session=session)
        if result.matched_count != len(old):
            raise Conflict("an affected customer was changed meanwhile")

    async def restore(self, changed: Sequence[IncidentChanged], parcels: Sequence[IncidentParcel]) -> None:
        """Write what these tell that is newer than what stands there, while nobody else writes."""
        for event in sorted(changed, key=lambda one: one.incident.version):
            row = self._document(event.incident)
            known = await self._incidents.find_one({"_id": row["_id"]}, {"version": 1})
            if known is None or known["version"] < row["version"]:
                await self._incidents.replace_one({"_id": row["_id"]}, row, upsert=True)
            await self._history.replace_one(_place(event), _change(event), upsert=True)
        keys = [affected_id(event.incident_id, event.owner_id) for event in parcels]
        for key, one in retold(parcels, await self.affected(keys, [])).items():
            await self._affected.replace_one({"_id": key}, _row(one), upsert=True)

    async def count(self, batch: Sequence[Incoming[Any]], outcomes: Sequence[Outcome], session: Session) -> None:
        """The exceptions of a batch that were handled; what is tried again is counted then."""
        counts = Counter(
            (cell_of(i.event.kind, i.event.parcel), self._bucket(i.event.detected_at), i.partition)
            for i, outcome in zip(batch, outcomes, strict=True)
            if isinstance(i.event, ParcelExceptionRaised) and isinstance(outcome, Done | Ignored)
        )
        if counts:
            written = datetime.now(UTC)
            updates = [
                UpdateOne(
                    {"_id": "|".join((at.isoformat(), str(partition), *cell))},
                    {"$inc": {"n": n}, "$setOnInsert": {**_fields(cell), "at": at, "written": written}},
                    upsert=True,
                )
                for (cell, at, partition), n in sorted(counts.items())
            ]
            await self._counts.bulk_write(updates, ordered=True, session=session)

    async def tallies(self, since: datetime) -> list[Tally]:
        """What was counted from `since` on, by cell and bucket."""
        found: Counter[tuple[Cell, datetime]] = Counter()
        async for row in self._counts.find({"at": {"$gt": since}}):
            found[Cell(ExceptionKind(row["kind"]), row["carrier"], row["site"]), row["at"]] += row["n"]
        return [Tally(cell, at, n) for (cell, at), n in found.items()]

    async def history_of(self, cause: Cause, until: datetime, regions: Regions) -> History:
        """What befell the cause up to `until`: since anything was counted, at most as long as the rules say."""
        first = await self._counts.find_one({}, {"at": 1}, sort=[("at", 1)])
        since = max(first["at"] if first else until, until - timedelta(days=self._rules.usual.days))
        matching = {"$match": {**cell_filter(cause, regions), "at": {"$gte": since, "$lt": until}}}
        stages: list[Document] = [matching, {"$group": {"_id": None, "n": {"$sum": "$n"}}}]
        total = [row["n"] async for row in self._counts.aggregate(stages)]
        return History(total[0] if total else 0, max(0.0, (until - since) / HOUR))

    def _bucket(self, moment: datetime) -> datetime:
        size = int(self._rules.bucket.total_seconds())
        return datetime.fromtimestamp(int(moment.timestamp()) // size * size, UTC)

    def _document(self, incident: Incident) -> Document:
        row: Document = {
            "_id": incident.incident_id,
            "version": incident.version,
            "opened_at": incident.opened_at,
            "incident": incident.model_dump_json(exclude_none=True),
        }
        if incident.status is not IncidentStatus.CLOSED:
            row["open_cause"] = key_of(incident.cause)
        if (due := next_due(incident, self._rules)) is not None:
            row["next_due"] = due
        return row if incident.closed_at is None else {**row, "closed_at": incident.closed_at}


def cell_filter(cause: Cause, regions: Regions) -> Document:
    """On the fields of a cell: what the cause covers."""
    wanted: Document = {"kind": cause.kind.value}
    if cause.carrier is not None:
        wanted["carrier"] = cause.carrier
    if cause.site is not None:
        wanted["site"] = cause.site
    if cause.region is not None:
        names = "|".join(name for name, region in regions.items() if region == cause.region)
        wanted["site"] = {"$regex": f"^({names})"}
    return wanted


def _place(event: IncidentChanged) -> Document:
    return {"incident_id": event.incident.incident_id, "version": event.incident.version}


def _change(event: IncidentChanged) -> Document:
    return {**_place(event), "changed": event.model_dump_json(exclude_none=True)}


def _fields(cell: Cell) -> Document:
    return {"kind": cell.kind.value, "carrier": cell.carrier, "site": cell.site}


def _incident(row: Document) -> Incident:
    return Incident.model_validate_json(row["incident"])


def _stored(row: Document) -> Affected:
    return STORED.validate_json(row["affected"])


def _row(affected: Affected) -> Document:
    row: Document = {
        "_id": affected.affected_id,
        "version": affected.version,
        "incident": affected.incident_id,
        "parcels": len(affected.parcels),
        "affected": STORED.dump_json(affected, exclude_none=True).decode(),
    }
    if affected.open:
        row["open_parcels"] = [parcel.tracking_number for parcel in affected.open]
        row["delays"] = list({parcel.delay_hours for parcel in affected.open})
    return row

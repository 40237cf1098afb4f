"""The claims in MongoDB: one document a claim, written once per event, guarded by its revision."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import InsertOne, ReplaceOne

from services.claims.case_seen import Earlier
from services.claims.claim_file import ClaimFile
from services.claims.opening import claim_id
from services.claims.reconciliation import OurPayout
from services.claims.register import entry, keys_of
from shared.contracts.claims import ClaimState
from shared.contracts.interactions import ClaimKind
from shared.messaging.handler import Conflict
from shared.mongo import Database, Session

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseClaims:
    """The claims of one case by kind."""

    files: Mapping[ClaimKind, ClaimFile]

    def with_file(self, file: ClaimFile) -> "CaseClaims":
        return CaseClaims({**self.files, file.kind: file})


@dataclass(frozen=True, slots=True)
class Filter:
    """What a queue shows; None: everything. `after` continues a page: opening time and id of its last claim."""

    states: tuple[ClaimState, ...] = ()
    kind: ClaimKind | None = None
    tracking_number: str | None = None
    after: tuple[datetime, str] | None = None


class ClaimStore:
    """Documents hold the file as JSON beside the few fields that are searched."""

    def __init__(self, database: Database) -> None:
        self._claims = database.collection("claims")

    async def create_indexes(self) -> None:
        await self._claims.create_index("next_due", partialFilterExpression={"next_due": {"$exists": True}})
        await self._claims.create_index([("keys", 1), ("opened_at", 1)])
        await self._claims.create_index([("state", 1), ("opened_at", 1), ("_id", 1)])

    async def of_cases(self, case_ids: Iterable[str], session: Session) -> dict[str, CaseClaims]:
        """The claims of these cases; ids are derived, so no index on the case is needed."""
        ids = [claim_id(case, kind) for case in case_ids for kind in ClaimKind]
        cases: dict[str, CaseClaims] = {}
        for file in (await self.by_id(ids, session)).values():
            claims = cases.get(file.claim.case_id) or CaseClaims({})
            cases[file.claim.case_id] = claims.with_file(file)
        return cases

    async def by_id(self, ids: Sequence[str], session: Session | None = None) -> dict[str, ClaimFile]:
        if not ids:
            return {}
        rows = await self._claims.find({"_id": {"$in": list(ids)}}, {"file": 1}, session=session).to_list(None)
        return {row["_id"]: read(row) for row in rows}

    async def earlier(
        self, exact: Iterable[str], customers: Iterable[str], since: datetime, session: Session
    ) -> list[Earlier]:
        """Claims with one of these pictures or parcels, and these customers' claims opened since then."""
        wanted = [{"keys": {"$in": sorted(exact)}}, {"keys": {"$in": sorted(customers)}, "opened_at": {"$gte": since}}]
        fields = {"earlier": 1, "opened_at": 1}
        rows = await self._claims.find({"$or": wanted}, fields, session=session).to_list(None)
        return [_earlier(row) for row in rows]

    async def save(self, files: Iterable[ClaimFile], session: Session) -> None:
        """Write each file under its next revision. Raises `Conflict` where somebody else wrote first."""
        writes: list[InsertOne[Row] | ReplaceOne[Row]] = []
        replaced = 0
        for file in files:
            row = written(file.model_copy(update={"revision": file.revision + 1}))
            if file.revision == 0:
                writes.append(InsertOne(row))
            else:
                writes.append(ReplaceOne({"_id": row["_id"], "revision": file.revision}, row))
                replaced += 1
        if not writes:
            return
        result = await self._claims.bulk_write(writes, ordered=False, session=session)
        if result.matched_count != replaced:
            raise Conflict("a claim was written by somebody else")

    async def due(self, now: datetime, limit: int) -> list[ClaimFile]:
        """What is due, the longest overdue first."""
        found = self._claims.find({"next_due": {"$lte": now}}, {"file": 1}).sort("next_due", 1).limit(limit)
        return [read(row) for row in await found.to_list(limit)]

    async def page(self, wanted: Filter, limit: int) -> list[ClaimFile]:
        """The oldest first."""
        query: Row = {}
        if wanted.states:
            query["state"] = {"$in": [s.value for s in wanted.states]}
        if wanted.kind is not None:
            query["kind"] = wanted.kind.value
        if wanted.tracking_number is not None:
            query["keys"] = f"t:{wanted.tracking_number}"
        if wanted.after is not None:
            opened, last = wanted.after
            query["$or"] = [{"opened_at": {"$gt": opened}}, {"opened_at": opened, "_id": {"$gt": last}}]
        found = self._claims.find(query, {"file": 1}).sort([("opened_at", 1), ("_id", 1)]).limit(limit)
        return [read(row) for row in await found.to_list(limit)]

    async def payouts(self, since: datetime | None) -> AsyncIterator[OurPayout]:
        """Every payment that was decided (since then), for reconciling."""
        query: Row = {"payouts": {"$exists": True}}
        if since is not None:
            query["updated_at"] = {"$gte": since}
        async for row in self._claims.find(query, {"payouts": 1}):
            for payout in row["payouts"]:
                if since is None or payout["at"] >= since:
                    yield OurPayout(**payout)


def written(file: ClaimFile) -> Row:
    """The document of a file."""
    claim = file.claim
    row: Row = {
        "_id": claim.claim_id,
        "revision": file.revision,
        "state": claim.state.value,
        "kind": claim.kind.value,
        "opened_at": claim.opened_at,
        "updated_at": claim.updated_at,
        "keys": sorted(keys_of(file)),
        "earlier": _entry_row(file),
        "file": file.model_dump(mode="json", exclude_none=True),
    }
    if file.next_due is not None:
        row["next_due"] = file.next_due
    if payouts := list(_payout_rows(file)):
        row["payouts"] = payouts
    return row


def read(row: Mapping[str, Any]) -> ClaimFile:
    return ClaimFile.model_validate(row["file"])


def _entry_row(file: ClaimFile) -> Row:
    mine = entry(file)
    return {
        "customer_id": mine.customer_id,
        "by_customer": mine.by_customer,
        "withdrawn": mine.withdrawn,
        "tracking_number": mine.tracking_number,
        "photos": sorted(mine.photos),
    }


def _earlier(row: Row) -> Earlier:
    fields = {**row["earlier"], "photos": frozenset(row["earlier"]["photos"])}
    return Earlier(claim_id=row["_id"], opened_at=row["opened_at"], **fields)


def _payout_rows(file: ClaimFile) -> Iterable[Row]:
    for number, ruling in enumerate(file.rulings, start=1):
        if ruling.payout is not None:
            yield {
                "reference": f"{file.claim.number}-{number}",
                "decision_id": ruling.decision_id,
                "amount_fen": ruling.payout.amount_fen,
                "status": ruling.payout.status,
                "provider_ref": ruling.payout.provider_ref,
                "at": ruling.at,
            }

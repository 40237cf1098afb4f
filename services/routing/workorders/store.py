"""Work orders in MongoDB: the order as it stands, and each change-set for its history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import IndexModel, ReplaceOne

from services.routing.workorders.order import OPEN, Decided, next_due
from shared.contracts.work_orders import Owner, WorkOrder, WorkOrderChanged
from shared.messaging.handler import Conflict
from shared.mongo import Database, Session


class OrderStore:
    def __init__(self, database: Database) -> None:
        self._orders = database.collection("work_orders")
        self._history = database.collection("work_order_changes")

    async def create_indexes(self) -> None:
        owned = [("owner", 1), ("status", 1), ("due_at", 1)]
        await self._orders.create_indexes(
            [IndexModel("case_id"), IndexModel("next_due", sparse=True), IndexModel(owned, name="owned")]
        )
        await self._history.create_index([("order_id", 1), ("version", 1)], unique=True)

    async def get(self, order_id: str, session: Session | None = None) -> WorkOrder | None:
        row = await self._orders.find_one({"_id": order_id}, session=session)
        return None if row is None else _order(row)

    async def of_case(self, case_id: str) -> list[WorkOrder]:
        """Oldest first."""
        rows = await self._orders.find({"case_id": case_id}).sort("opened_at", 1).to_list(None)
        return [_order(row) for row in rows]

    async def owned_by(self, owner: Owner, limit: int) -> list[WorkOrder]:
        """The open ones of an owner, the first due first."""
        wanted = {"owner": _owner(owner), "status": {"$in": sorted(status.value for status in OPEN)}}
        return [_order(row) for row in await self._orders.find(wanted).sort("due_at", 1).limit(limit).to_list(limit)]

    async def history(self, order_id: str) -> list[WorkOrderChanged]:
        rows = await self._history.find({"order_id": order_id}).sort("version", 1).to_list(None)
        return [WorkOrderChanged.model_validate_json(row["changed"]) for row in rows]

    async def due(self, now: datetime, limit: int) -> Sequence[str]:
        found = self._orders.find({"next_due": {"$lte": now}}, {"_id": 1}).sort("next_due", 1).limit(limit)
        return [row["_id"] for row in await found.to_list(limit)]

    async def save(self, before: WorkOrder | None, decided: Decided, now: datetime, session: Session) -> None:
        """Raises `Conflict` where somebody else wrote it since it was read."""
        order = decided.order
        if before is None:
            await self._orders.insert_one(_document(order), session=session)
        else:
            wanted = {"_id": order.order_id, "version": before.version}
            result = await self._orders.replace_one(wanted, _document(order), session=session)
            if result.matched_count != 1:
                raise Conflict("a work order was changed meanwhile")
        changed = WorkOrderChanged(changes=decided.changes, order=order, at=now)
        await self._history.insert_one(_change(changed), session=session)

    async def restore(self, events: Sequence[WorkOrderChanged]) -> None:
        """Write those that are newer than what stands there, while nobody else writes."""
        orders = sorted((event.order for event in events), key=lambda order: order.version)
        newest = {order.order_id: _document(order) for order in orders}
        found = self._orders.find({"_id": {"$in": list(newest)}}, {"version": 1})
        known = {row["_id"]: row["version"] for row in await found.to_list(None)}
        rows = [row for i, row in newest.items() if row["version"] > known.get(i, 0)]
        if rows:
            await self._orders.bulk_write([ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows])
        changes = [_change(event) for event in events]
        writes = [ReplaceOne({n: row[n] for n in ("order_id", "version")}, row, upsert=True) for row in changes]
        await self._history.bulk_write(writes)


def _change(event: WorkOrderChanged) -> dict[str, Any]:
    changed = event.model_dump_json(exclude_none=True, exclude={"link", "before"})
    return {"order_id": event.order.order_id, "version": event.order.version, "changed": changed}


def _owner(owner: Owner) -> str:
    return f"{owner.kind.value}/{owner.name}"


def _document(order: WorkOrder) -> dict[str, Any]:
    row: dict[str, Any] = {
        "_id": order.order_id,
        "version": order.version,
        "case_id": order.case_id,
        "owner": _owner(order.owner),
        "status": order.status.value,
        "opened_at": order.opened_at,
        "due_at": order.due_at,
        "order": order.model_dump_json(exclude_none=True),
    }
    due = next_due(order)
    return row if due is None else {**row, "next_due": due}


def _order(row: dict[str, Any]) -> WorkOrder:
    return WorkOrder.model_validate_json(row["order"])

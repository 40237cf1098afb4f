"""The archive of originals in MongoDB: insert-only, a repeat changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import Binary
from pymongo.errors import BulkWriteError

from services.intake.raw import Original, RawPiece, piece_id, whole
from shared.mongo import DUPLICATE_KEY, Database

_AFTER_SLASH = "0"
"""The character behind "/": pieces of an original lie between its id and the id with this behind it."""


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """A code that no table names: in how many originals it came, and the latest of them."""

    gateway: str
    code: str
    times: int
    first: datetime
    last: datetime
    example: str


class RawStore:
    def __init__(self, database: Database, days: int) -> None:
        self._originals = database.collection("originals")
        self._keep = timedelta(days=days)

    async def create_indexes(self) -> None:
        await self._originals.create_index(
            "received_at", expireAfterSeconds=int(self._keep.total_seconds()), name="retention"
        )

        # Few originals have one: the index holds nothing else.
        await self._originals.create_index("unknown_codes", sparse=True, name="unknown_codes")

    async def unknown_codes(self, since: datetime) -> list[UnknownCode]:
        """By gateway and code, those that come oftenest first; counted exactly, since an original is stored once."""
        by_code = {
            "_id": {"gateway": "$gateway", "code": "$unknown_codes"},
            "times": {"$sum": 1},
            "first": {"$min": "$received_at"},
            "last": {"$max": "$received_at"},
            "example": {"$last": "$interaction_id"},
        }
        # A code sorts behind "": so the sparse index is used.
        found = self._originals.aggregate(
            [
                {"$match": {"unknown_codes": {"$gt": ""}, "received_at": {"$gte": since}}},
                {"$sort": {"received_at": 1}},
                {"$unwind": "$unknown_codes"},
                {"$group": by_code},
                {"$sort": {"times": -1, "last": -1, "_id": 1}},
            ],
            hint="unknown_codes",
            allowDiskUse=True,
        )
        return [UnknownCode(**row.pop("_id"), **row) async for row in found]

    async def add(self, pieces: Sequence[RawPiece]) -> int:
        """Store what is not stored yet; returns how many were new."""
        if not pieces:
            return 0
        try:
            await self._originals.insert_many([_document(p) for p in pieces], ordered=False)
        except BulkWriteError as error:
            faults = (error.details or {}).get("writeErrors", [])
            if any(fault.get("code") != DUPLICATE_KEY for fault in faults) or (error.details or {}).get(
                "writeConcernErrors"
            ):
                raise
            return len(pieces) - len(faults)
        return len(pieces)

    async def original(self, interaction_id: str) -> Original | None:
        """The whole original, or None where it is unknown or a piece is still on its way."""
        mine = {"$gte": interaction_id, "$lt": interaction_id + _AFTER_SLASH}
        pieces = [_piece(row) async for row in self._originals.find({"_id": mine}).sort("_id", 1)]
        return whole([p for p in pieces if p.interaction_id == interaction_id])


def _document(piece: RawPiece) -> dict[str, Any]:
    codes = {"unknown_codes": list(piece.unknown_codes)} if piece.unknown_codes else {}
    return codes | {
        "_id": piece_id(piece.interaction_id, piece.part, piece.parts),
        "interaction_id": piece.interaction_id,
        "gateway": piece.gateway,
        "content_type": piece.content_type,
        "headers": [[name, value] for name, value in piece.headers.items()],
        "received_at": piece.received_at,
        "part": piece.part,
        "parts": piece.parts,
        "body": Binary(piece.body),
    }


def _piece(row: Mapping[str, Any]) -> RawPiece:
    return RawPiece(
        interaction_id=row["interaction_id"],
        gateway=row["gateway"],
        content_type=row["content_type"],
        headers=dict(row["headers"]),
        received_at=row["received_at"],
        part=row["part"],
        parts=row["parts"],
        body=bytes(row["body"]),
    )

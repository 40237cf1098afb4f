"""Everything that reached a receiver: rows in one SQLite file, written in batches, read by page."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

LARGEST_BATCH = 500
TABLE = """
create table if not exists deliveries (
    number integer primary key,
    received_at text not null,
    message_id text not null,
    sender text not null,
    recipient text not null,
    subject text not null,
    raw blob not null
);
create index if not exists by_message_id on deliveries (message_id);
"""
LISTING = """
select received_at, message_id, sender, recipient, subject, x'', number from deliveries
where number < :before and (:text = '' or instr(recipient || ' ' || subject, :text))
order by number desc limit :limit
"""


@dataclass(frozen=True)
class Delivery:
    """One arrival; the same message that arrives twice is two of them, with one `message_id`."""

    received_at: datetime
    message_id: str
    sender: str
    recipient: str
    subject: str
    raw: bytes
    number: int = 0

    def row(self) -> tuple[str, str, str, str, str, bytes]:
        arrived = self.received_at.isoformat()
        return arrived, self.message_id, self.sender, self.recipient, self.subject, self.raw

    def summary(self) -> dict[str, object]:
        return {
            "number": self.number,
            "received_at": self.received_at.isoformat(),
            "message_id": self.message_id,
            "sender": self.sender,
            "recipient": self.recipient,
            "subject": self.subject,
        }


class Deliveries:
    """`keep` returns when the row is committed; many waiting rows share one commit."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(file, isolation_level=None)
        # Without syncing a killed process loses nothing that it committed; only a power cut could.
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = off")
        self._database.executescript(TABLE)
        self._waiting: list[tuple[Delivery, asyncio.Future[None]]] = []
        self._scheduled = False

    async def keep(self, delivery: Delivery) -> None:
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[None] = loop.create_future()
        self._waiting.append((delivery, kept))
        if not self._scheduled:
            self._scheduled = True
            loop.call_soon(self._write)
        await kept

    def _write(self) -> None:
        batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
        self._scheduled = bool(self._waiting)
        if self._scheduled:
            asyncio.get_running_loop().call_soon(self._write)
        try:
            self.insert([delivery for delivery, _ in batch])
        except sqlite3.Error as problem:
            for _, kept in batch:
                if not kept.done():
                    kept.set_exception(problem)
            return
        for _, kept in batch:
            if not kept.done():
                kept.set_result(None)

    def insert(self, batch: Sequence[Delivery]) -> None:
        self._database.execute("begin")
        with self._database:
            self._database.executemany(
                "insert into deliveries (received_at, message_id, sender, recipient, subject, raw)"
                " values (?, ?, ?, ?, ?, ?)",
                [delivery.row() for delivery in batch],
            )

    def count(self) -> int:
        return int(self._database.execute("select count(*) from deliveries").fetchone()[0])

    def stats(self) -> Mapping[str, int]:
        """`repeated` counts the arrivals beyond the first of each message id."""
        total, distinct = self._database.execute(
            "select count(*), count(distinct message_id) from deliveries"
        ).fetchone()
        return {"deliveries": total, "distinct": distinct, "repeated": total - distinct}

    def listed(self, before: int | None = None, limit: int = 50, text: str = "") -> list[Delivery]:
        """Newest first, numbers below `before`; without the raw content."""
        values = {"before": before or 2**62, "limit": limit, "text": text}
        rows = self._database.execute(LISTING, values)
        return [restored(row) for row in rows]

    def find(self, number: int) -> Delivery | None:
        row = self._database.execute(
            "select received_at, message_id, sender, recipient, subject, raw, number from deliveries where number = ?",
            (number,),
        ).fetchone()
        return restored(row) if row else None

    def close(self) -> None:
        self._database.close()


def restored(row: tuple[str, str, str, str, str, bytes, int]) -> Delivery:
    return Delivery(datetime.fromisoformat(row[0]), *row[1:])

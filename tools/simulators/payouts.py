"""The payment provider's book: what was paid for which key, kept in an append-only journal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from pydantic import BaseModel, ConfigDict, Field

from tools.simulators.faults import PayoutFaults

# The last digits of the payee's account decide, as test cards do, whatever the probabilities say.
ACCOUNT_ENDINGS = {"0001": "pending", "0002": "refused", "0003": "returned"}


class Status(StrEnum):
    SUCCEEDED = "succeeded"
    PENDING = "pending"
    REFUSED = "refused"
    RETURNED = "returned"


class PayoutRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    amount_fen: int = Field(gt=0, strict=True)
    currency: str = Field(pattern="^[A-Z]{3}$")
    payee: dict[str, Any]
    reference: str = Field(min_length=1, max_length=200)


@dataclass(frozen=True)
class Payout:
    """`settles_at`: when a pending payout succeeds, or a paid one comes back."""

    number: int
    payout_id: str
    key: str
    fingerprint: str
    amount_fen: int
    currency: str
    reference: str
    status: Status
    becomes: Status
    created_at: datetime
    settles_at: datetime | None = None

    def at(self, now: datetime) -> "Payout":
        """As it stands now."""
        if self.settles_at is None or now < self.settles_at:
            return self
        return replace(self, status=self.becomes, settles_at=None)

    def answer(self) -> dict[str, object]:
        return {
            "payout_id": self.payout_id,
            "status": self.status.value,
            "amount_fen": self.amount_fen,
            "currency": self.currency,
            "reference": self.reference,
            "created_at": self.created_at.isoformat(),
        }


class KeyReusedError(ValueError):
    """The idempotency key was used before with another body."""


def fingerprint(request: PayoutRequest) -> str:
    return sha256(orjson.dumps(request.model_dump(), option=orjson.OPT_SORT_KEYS)).hexdigest()


def fate(request: PayoutRequest, key: str, faults: PayoutFaults) -> tuple[Status, Status]:
    """The status answered at once, and the one it turns into later."""
    account = str(request.payee.get("account", ""))
    match ACCOUNT_ENDINGS.get(account[-4:]) or faults.drawn("fate", key):
        case "pending":
            return Status.PENDING, Status.SUCCEEDED
        case "refused":
            return Status.REFUSED, Status.REFUSED
        case "returned":
            return Status.SUCCEEDED, Status.RETURNED
        case _:
            return Status.SUCCEEDED, Status.SUCCEEDED


class PayoutBook:
    """Every payout is in the journal before it is answered: a kill loses nothing that anybody was told."""

    def __init__(self, journal: Path) -> None:
        self._by_key: dict[str, Payout] = {}
        self._by_id: dict[str, Payout] = {}
        journal.parent.mkdir(parents=True, exist_ok=True)
        for row in read_journal(journal):
            self._keep(restored(row))
        self._file: BinaryIO = journal.open("ab", buffering=0)

    def __len__(self) -> int:
        return len(self._by_id)

    def pay(self, key: str, request: PayoutRequest, faults: PayoutFaults, now: datetime) -> tuple[Payout, bool]:
        """The payout as this key was first answered, and whether it is new.

        Raises KeyReusedError for another body under an old key.
        """
        if earlier := self._by_key.get(key):
            if earlier.fingerprint != fingerprint(request):
                raise KeyReusedError(key)
            return earlier, False
        status, becomes = fate(request, key, faults)
        payout = Payout(
            number=len(self) + 1,
            payout_id=f"po_{sha256(key.encode()).hexdigest()[:24]}",
            key=key,
            fingerprint=fingerprint(request),
            amount_fen=request.amount_fen,
            currency=request.currency,
            reference=request.reference,
            status=status,
            becomes=becomes,
            created_at=now,
            settles_at=now + timedelta(seconds=faults.settle_seconds) if status != becomes else None,
        )
        self._file.write(orjson.dumps(payout) + b"\n")
        self._keep(payout)
        return payout, True

    def find(self, payout_id: str, now: datetime) -> Payout | None:
        found = self._by_id.get(payout_id)
        return found.at(now) if found else None

    def statement(
        self, since: datetime | None, after: int, limit: int, now: datetime
    ) -> tuple[list[Payout], int | None]:
        """The payouts made at or after `since`, oldest first, past number `after`; and where the next page begins."""
        later = (
            payout
            for payout in self._by_id.values()
            if payout.number > after and (since is None or payout.created_at >= since)
        )
        page = [payout.at(now) for _, payout in zip(range(limit + 1), later, strict=False)]
        return page[:limit], page[limit - 1].number if len(page) > limit else None

    def latest(self, limit: int, now: datetime) -> list[Payout]:
        newest = [payout for _, payout in zip(range(limit), reversed(self._by_id.values()), strict=False)]
        return [payout.at(now) for payout in newest]

    def totals(self, now: datetime) -> Mapping[str, int]:
        """Counts by status, and the fen that left for good."""
        counts = {status.value: 0 for status in Status} | {"paid_fen": 0, "payouts": len(self)}
        for payout in self._by_id.values():
            current = payout.at(now)
            counts[current.status.value] += 1
            counts["paid_fen"] += current.amount_fen if current.status is Status.SUCCEEDED else 0
        return counts

    def close(self) -> None:
        self._file.close()

    def _keep(self, payout: Payout) -> None:
        self._by_key[payout.key] = payout
        self._by_id[payout.payout_id] = payout


def read_journal(journal: Path) -> Iterator[dict[str, Any]]:
    """A last line without its end was being written when the process died: nobody was told, and it is cut off."""
    if not journal.exists():
        return
    whole = journal.read_bytes()
    complete = whole[: whole.rfind(b"\n") + 1]
    if len(complete) < len(whole):
        with journal.open("r+b") as file:
            file.truncate(len(complete))
    for line in complete.splitlines():
        yield orjson.loads(line)


def restored(row: Mapping[str, Any]) -> Payout:
    settles_at = row["settles_at"]
    times = {
        "created_at": datetime.fromisoformat(row["created_at"]),
        "settles_at": datetime.fromisoformat(settles_at) if settles_at else None,
    }
    return Payout(**{**row, **times, "status": Status(row["status"]), "becomes": Status(row["becomes"])})

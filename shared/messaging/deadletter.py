"""Dead letters: the record's own bytes, why it died and where it stood; and the limit that stops a bad deploy."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from aiokafka import ConsumerRecord

from shared.contracts.base import derived_id
from shared.contracts.topics import DEAD_LETTERS
from shared.messaging.message import Outgoing
from shared.tracing import Place, trace_id_of

DEAD_LETTER = "parcelcare.dead-letter"
MAX_REASON = 500
ORIGINAL = "orig_"
"""In front of the names of the record's own headers."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A record as it was read: enough to write it again byte for byte."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    @staticmethod
    def of(record: "ConsumerRecord[bytes, bytes]") -> "Origin":
        return Origin(
            record.topic,
            record.partition,
            record.offset,
            record.key,
            record.value,
            tuple((str(name), value) for name, value in record.headers),
        )

    @property
    def place(self) -> Place:
        return (self.topic, self.partition, self.offset)

    @property
    def trace_id(self) -> str | None:
        """The trace that the record belongs to, for logs."""
        value = dict(self.headers).get("traceparent")
        return trace_id_of(value.decode("ascii", "replace")) if value else None


def dead_letter(origin: Origin, *, group: str, reason: str, source: str, now: datetime) -> Outgoing:
    """The dead letter of a record for a consumer group; the same record and group always give the same id.

    The value is the record's own bytes; `dl_` headers say why and where from, `orig_` headers are its own.
    """
    letter_id = derived_id(f"{group}/{origin.topic}/{origin.partition}/{origin.offset}", "dead-letter")
    extra: list[tuple[str, bytes]] = [
        ("dl_group", group.encode()),
        ("dl_reason", reason[:MAX_REASON].encode()),
        ("dl_topic", origin.topic.encode()),
        ("dl_partition", str(origin.partition).encode()),
        ("dl_offset", str(origin.offset).encode()),
    ]
    if origin.key is not None:
        extra.append(("dl_key", origin.key))
    if origin.value is None:
        extra.append(("dl_null_value", b"1"))
    extra += [(f"{ORIGINAL}{name}", value or b"") for name, value in origin.headers]
    return Outgoing(
        topic=DEAD_LETTERS.name,
        key=letter_id,
        id=letter_id,
        type=DEAD_LETTER,
        time=now,
        value=origin.value or b"",
        source=source,
        content_type="application/octet-stream",
        extra=tuple(extra),
    )


@dataclass
class DeadLetterLimit:
    """Stops a consumer before a bad deploy drains a topic: too many in a row, or too large a share of late.

    `share` is judged over the last `window` records, once that many were seen.
    """

    run: int = 200
    share: float = 0.2
    window: int = 2000
    _run: int = 0
    _seen: int = 0
    _bad: deque[int] = field(default_factory=deque)
    """Where the bad ones among the last `window` stood: mostly there are none, and then a record costs nothing."""

    def record(self, bad: bool) -> bool:
        """Count one record; True where the limit is reached and the consumer must stop."""
        self._seen += 1
        if bad:
            self._run += 1
            self._bad.append(self._seen)
        else:
            self._run = 0
            if not self._bad:
                return False
        if self._bad[0] <= self._seen - self.window:
            self._bad.popleft()
        full = self._seen >= self.window
        return self._run >= self.run or (full and len(self._bad) > self.share * self.window)

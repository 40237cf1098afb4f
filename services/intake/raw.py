"""The original of a delivery on its way to the archive: exact bytes, in pieces where it is larger than a record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiokafka import ConsumerRecord

from shared.contracts.topics import RAW
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.record import REPLAY_GROUP_HEADER, Malformed, Parsed, Skipped, parse_time, read_headers

RAW_RECEIVED = "parcelcare.raw.received"
PIECE_BYTES = 900_000
"""Under a megabyte, so that a piece passes every broker's default limits with its headers."""

MAX_HEADERS_BYTES = 16_384
_ORIGINAL = "orig_"
_UNKNOWN = "raw_unknown_code"
MAX_UNKNOWN = 100
_NOT_KEPT = frozenset({"authorization", "cookie", "proxy-authorization", "host", "connection", "content-length"})


@dataclass(frozen=True, slots=True)
class RawPiece:
    """A piece of an original: `part` of `parts`, counted from 1; `headers` as the gateway sent them.

    `unknown_codes` are the carrier's codes in it that no table names; the first piece has them.
    """

    interaction_id: str
    gateway: str
    content_type: str
    headers: Mapping[str, str]
    received_at: datetime
    part: int
    parts: int
    body: bytes
    unknown_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Original:
    """A whole original as it was kept."""

    gateway: str
    content_type: str
    headers: Mapping[str, str]
    received_at: datetime
    body: bytes


def piece_id(interaction_id: str, part: int, parts: int) -> str:
    """An original that fits into one record has the interaction's id; pieces sort behind it."""
    return interaction_id if parts == 1 else f"{interaction_id}/{part:03}"


def raw_messages(
    interaction_id: str,
    gateway: str,
    headers: Mapping[str, str],
    body: bytes,
    received_at: datetime,
    traceparent: str | None = None,
    unknown_codes: Sequence[str] = (),
) -> tuple[Outgoing, ...]:
    """The messages for raw.v1; key is the interaction's id, so that the pieces stay in order."""
    parts = max(1, -(-len(body) // PIECE_BYTES))
    kept = [(_ORIGINAL + name, value.encode()) for name, value in _kept(headers)]
    kept += [(_UNKNOWN, code.encode()) for code in list(dict.fromkeys(unknown_codes))[:MAX_UNKNOWN]]
    return tuple(
        Outgoing(
            topic=RAW.name,
            key=interaction_id,
            id=piece_id(interaction_id, part, parts),
            type=RAW_RECEIVED,
            time=received_at,
            value=body[(part - 1) * PIECE_BYTES : part * PIECE_BYTES],
            source=f"intake/{gateway}",
            traceparent=traceparent,
            content_type=headers.get("content-type", "application/octet-stream"),
            extra=(("raw_part", f"{part}/{parts}".encode()), *(kept if part == 1 else ())),
        )
        for part in range(1, parts + 1)
    )


def raw_parser(group: str) -> "_Parse":
    """A parser of raw.v1: its values are not JSON, so the usual one can't read them."""
    return _Parse(group)


@dataclass(frozen=True, slots=True)
class _Parse:
    group: str

    def __call__(self, record: "ConsumerRecord[bytes, bytes]") -> Parsed:
        headers = read_headers(record)
        if isinstance(headers, Malformed):
            return headers
        if headers.get(REPLAY_GROUP_HEADER, self.group) != self.group:
            return Skipped("replay for another group")
        part, _, parts = headers.get("raw_part", "").partition("/")
        time = parse_time(headers.get("ce_time", ""))
        if not (headers.get("ce_id") and record.key and part.isdecimal() and parts.isdecimal() and time):
            return Malformed("ce_id, ce_time, raw_part and a key are needed")
        piece = RawPiece(
            interaction_id=record.key.decode("utf-8", "replace"),
            gateway=headers.get("ce_source", "").removeprefix("intake/"),
            content_type=headers.get("content-type", "application/octet-stream"),
            headers={n.removeprefix(_ORIGINAL): v for n, v in headers.items() if n.startswith(_ORIGINAL)},
            received_at=time,
            part=int(part),
            parts=int(parts),
            body=record.value or b"",
            unknown_codes=tuple(v.decode("utf-8", "replace") for n, v in record.headers if n == _UNKNOWN),
        )
        return Incoming(
            id=headers["ce_id"],
            type=RAW_RECEIVED,
            event=piece,
            key=piece.interaction_id,
            time=time,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            timestamp_ms=record.timestamp,
        )


def whole(pieces: Sequence[RawPiece]) -> Original | None:
    """The original of its pieces in order, or None while one is on its way."""
    if not pieces or len(pieces) != pieces[0].parts:
        return None
    first = pieces[0]
    return Original(
        first.gateway, first.content_type, first.headers, first.received_at, b"".join(p.body for p in pieces)
    )


def _kept(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    kept, size = [], 0
    for name, value in headers.items():
        size += len(name) + len(value)
        if name not in _NOT_KEPT and size <= MAX_HEADERS_BYTES:
            kept.append((name, value))
    return kept

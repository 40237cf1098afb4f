"""From a Kafka record to an `Incoming`: one flat, ordered, pure function that cannot raise on any bytes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import ConsumerRecord
from pydantic import ValidationError

from shared.contracts.base import Contract
from shared.contracts.topics import MAX_EVENT_BYTES
from shared.messaging.message import Incoming
from shared.tracing import well_formed

REPLAY_GROUP_HEADER = "pc_replay_group"
"""On a replayed dead letter: the only consumer group that is to read it again."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record that can't be read; `reason` names fields and error types, never values."""

    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record of no concern: a type unknown to this reader, or a replay meant for another group."""

    reason: str


Parsed = Incoming[Any] | Malformed | Skipped
Parser = Callable[["ConsumerRecord[bytes, bytes]"], Parsed]


def cloud_event_parser(types: Mapping[str, type[Contract]], group: str) -> Parser:
    """A parser of CloudEvents in binary mode whose ce_type stands in `types`."""

    def parse(record: "ConsumerRecord[bytes, bytes]") -> Parsed:
        headers = read_headers(record)
        if isinstance(headers, Malformed):
            return headers
        replay = headers.get(REPLAY_GROUP_HEADER)
        if replay is not None and replay != group:
            return Skipped("replay for another group")
        missing = [name for name in ("ce_id", "ce_type", "ce_time") if not headers.get(name)]
        if missing:
            return Malformed(f"header missing: {', '.join(missing)}")
        contract = types.get(headers["ce_type"])
        if contract is None:
            return Skipped("unknown type")
        if record.value is None:
            return Malformed("value is null")
        if len(record.value) > MAX_EVENT_BYTES:
            return Malformed(f"value is larger than {MAX_EVENT_BYTES} bytes")
        time = parse_time(headers["ce_time"])
        if time is None:
            return Malformed("header ce_time is not an RFC 3339 time with offset")
        try:
            event = contract.read(record.value)
        except ValidationError as error:
            return Malformed(describe(error))
        return Incoming(
            id=headers["ce_id"],
            type=headers["ce_type"],
            event=event,
            key=(record.key or b"").decode("utf-8", "replace"),
            time=time,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            timestamp_ms=record.timestamp,
            traceparent=well_formed(headers.get("traceparent")),
        )

    return parse


def read_headers(record: "ConsumerRecord[bytes, bytes]") -> dict[str, str] | Malformed:
    """Headers as text; `Malformed` where one is null or not UTF-8."""
    headers: dict[str, str] = {}
    for name, value in record.headers:
        if value is None:
            return Malformed(f"header {name} is null")
        try:
            headers[name] = value.decode()
        except UnicodeDecodeError:
            return Malformed(f"header {name} is not UTF-8")
    return headers


def parse_time(text: str) -> datetime | None:
    """An RFC 3339 time with offset, in UTC, or None."""
    try:
        value = datetime.fromisoformat(text)
        return value.astimezone(UTC) if value.tzinfo else None
    except (ValueError, OverflowError):
        return None


def describe(error: ValidationError) -> str:
    """Fields and error types of a validation error, without the input's values (they may be personal)."""
    parts = [f"{'.'.join(str(p) for p in e['loc']) or 'value'}: {e['type']}" for e in error.errors()[:5]]
    return "; ".join(parts)

"""A message coming in, and one to go out: CloudEvents 1.0 in Kafka headers, JSON in the value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from shared.contracts.base import Contract, derived_id
from shared.contracts.topics import Topic

E = TypeVar("E", bound=Contract, covariant=True)


@dataclass(frozen=True, slots=True)
class Incoming(Generic[E]):
    """A record that parsed: its CloudEvents attributes, where it stood, and the event."""

    id: str
    type: str
    event: E
    key: str
    time: datetime
    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish: `topic` without prefix, `key` opaque, `id` derived from its cause."""

    topic: str
    key: str
    id: str
    type: str
    time: datetime
    value: bytes
    source: str
    traceparent: str | None = None
    content_type: str = "application/json"
    extra: tuple[tuple[str, bytes], ...] = ()

    def headers(self) -> list[tuple[str, bytes]]:
        pairs = [
            ("ce_specversion", b"1.0"),
            ("ce_id", self.id.encode()),
            ("ce_type", self.type.encode()),
            ("ce_source", self.source.encode()),
            ("ce_time", self.time.isoformat().encode()),
            ("ce_subject", self.key.encode()),
            ("content-type", self.content_type.encode()),
        ]
        if self.traceparent:
            pairs.append(("traceparent", self.traceparent.encode()))
        return [*pairs, *self.extra]

    def to_document(self) -> dict[str, Any]:
        """The stored form, for inbox and outbox rows."""
        return {
            "t": self.topic,
            "k": self.key,
            "i": self.id,
            "y": self.type,
            "m": self.time,
            "v": self.value,
            "s": self.source,
            "p": self.traceparent,
            "c": self.content_type,
            "x": [list(pair) for pair in self.extra],
        }

    @staticmethod
    def from_document(row: Mapping[str, Any]) -> "Outgoing":
        extra = tuple((name, bytes(value)) for name, value in row["x"])
        return Outgoing(
            row["t"], row["k"], row["i"], row["y"], row["m"], bytes(row["v"]), row["s"], row["p"], row["c"], extra
        )


def outgoing(
    topic: Topic,
    event: Contract,
    *,
    type: str,
    key: str,
    cause: str,
    time: datetime,
    source: str,
    place: str | None = None,
    traceparent: str | None = None,
) -> Outgoing:
    """A message that follows from the event `cause`.

    Its id is uuid5 of `cause` and `place` (default: topic, key and type): the same cause always gives the
    same id, so a reader drops a repeat. Give `place` where one cause yields two of a type for one key.
    """
    return Outgoing(
        topic=topic.name,
        key=key,
        id=derived_id(cause, place or f"{topic.name}/{key}/{type}"),
        type=type,
        time=time,
        value=event.model_dump_json(exclude_none=True).encode(),
        source=source,
        traceparent=traceparent,
    )


def result_of(
    incoming: Incoming[Any], topic: Topic, event: Contract, *, type: str, key: str, time: datetime, source: str
) -> Outgoing:
    """What became of an event that asked for something: one result each, whatever it is."""
    return outgoing(
        topic,
        event,
        type=type,
        key=key,
        cause=incoming.id,
        place="result",
        time=time,
        source=source,
        traceparent=incoming.traceparent,
    )

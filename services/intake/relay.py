"""Parcel scans by Kafka, on to their parcel's partition (IN-2): the flood, with few steps from record to record."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from aiokafka import ConsumerRecord

from services.intake.adapters.carrier import PARCEL_SCAN, PLACE, SOURCE, cause_of, scan_message
from services.intake.gateways import Gateway
from services.intake.indicators import Indicators
from services.intake.stream import MAX_ATTRIBUTE, FromGateway, Now, originals_of, parcels_parser
from shared.contracts.base import derived_id
from shared.contracts.parcels import PARCEL_SCANNED
from shared.contracts.usual_scan import usual_scan
from shared.messaging.appender import Appender, Row
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.partitioning import partition_of
from shared.messaging.processor import Ownership
from shared.messaging.publisher import Publisher, PublishFailed
from shared.messaging.record import REPLAY_GROUP_HEADER, Parsed, Parser, parse_time
from shared.security.identity import IdentityKey
from shared.tracing import well_formed

log = structlog.get_logger()

LONGEST_PAUSE_S = 2.0
_TYPE = PARCEL_SCAN.encode()


class Passed(NamedTuple):
    """A scan as it goes on: the contract's JSON. `sent` is what came, where the gateway keeps originals."""

    key: bytes
    id: str
    value: bytes
    sent: FromGateway | None = None


def relay_parser(gateway: Gateway, group: str, identity: IdentityKey) -> Parser:
    """The usual scan is read by hand; every other record by the edge's model, which says what is wrong with it."""
    careful = parcels_parser(gateway, group, identity)

    def parse(record: "ConsumerRecord[bytes, bytes]") -> Parsed:
        usual = None if gateway.keep_raw else _usual(record, gateway)
        if usual is not None:
            return usual
        parsed = careful(record)
        return _passed(parsed, gateway.keep_raw) if isinstance(parsed, Incoming) else parsed

    return parse


def _usual(record: "ConsumerRecord[bytes, bytes]", gateway: Gateway) -> Incoming[Any] | None:
    """A scan whose bytes can go on as they are. None: not wrong, but not so plain that it may take this way."""
    value = record.value
    attributes = dict(record.headers)
    try:
        if (
            value is None
            or len(value) > gateway.body_limit_bytes
            or attributes["ce_type"] != _TYPE
            or REPLAY_GROUP_HEADER in attributes
            or len(attributes) != len(record.headers)
            or not b" ".join(attributes.values()).isascii()
        ):
            return None
        source, event_id = attributes["ce_source"].decode(), attributes["ce_id"].decode()
        time = parse_time(attributes["ce_time"].decode())
    except (KeyError, TypeError):
        return None
    scan = usual_scan(value)
    if scan is None or time is None or not (0 < len(source) <= MAX_ATTRIBUTE and 0 < len(event_id) <= MAX_ATTRIBUTE):
        return None
    trace = attributes.get("traceparent")
    return Incoming(
        event_id,
        PARCEL_SCAN,
        Passed(scan[0].encode(), derived_id(cause_of(gateway.name, source, event_id), PLACE), value),
        "",
        time,
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        well_formed(trace.decode()) if trace else None,
    )


def _passed(incoming: Incoming[Any], keep: bool) -> Incoming[Any]:
    sent: FromGateway = incoming.event
    message = scan_message(sent.data, sent.cause, incoming.time, incoming.traceparent)
    passed = Passed(message.key.encode(), message.id, message.value, sent if keep else None)
    return replace(incoming, event=passed)


def rows_of(batch: Sequence[Incoming[Any]], partitions: int, time: datetime) -> Mapping[int, Sequence[Row]]:
    """By partition of parcel-events.v1, in the batch's order; headers as every event of ours has them."""
    common = _common(time)
    rows: dict[int, list[Row]] = defaultdict(list)
    for incoming in batch:
        key, scan_id, value, _ = incoming.event
        headers = [*common, ("ce_id", scan_id.encode()), ("ce_subject", key)]
        if incoming.traceparent:
            headers.append(("traceparent", incoming.traceparent.encode()))
        rows[partition_of(key, partitions)].append((key, value, headers))
    return rows


def _common(time: datetime) -> list[tuple[str, bytes]]:
    """What the headers of all scans of a batch have in common."""
    any_scan = Outgoing("", "", "", PARCEL_SCANNED, time, b"", SOURCE)
    return [(name, value) for name, value in any_scan.headers() if name not in ("ce_id", "ce_subject")]


class ScanRelay:
    """Stands in the consumer loop as its processor. Ids are derived, so that a repeat is dropped downstream."""

    def __init__(
        self,
        gateway: Gateway,
        appender: Appender,
        publisher: Publisher,
        indicators: Indicators,
        now: Now,
        alive: Callable[[], None],
    ) -> None:
        """`alive` is told that the loop still tries, while Kafka does not take the scans."""
        self._gateway = gateway
        self._appender = appender
        self._publisher = publisher
        self._indicators = indicators
        self._now = now
        self._alive = alive

    async def process(self, batch: Sequence[Incoming[Any]], owns: Ownership) -> None:
        """Returns when Kafka has acknowledged all; while it does not, it waits, and the gateway's topic keeps them."""
        pause = 0.1
        while batch:
            try:
                await self._pass_on(batch)
            except PublishFailed as error:
                log.warning("scans_wait", scans=len(batch), error=str(error))
                self._alive()
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE_S, pause * 2)
            else:
                self._indicators.scans.inc(len(batch))
                return

    async def _pass_on(self, batch: Sequence[Incoming[Any]]) -> None:
        time = self._now()
        kept = [(i.event.id, i.event.sent) for i in batch if i.event.sent is not None]
        originals = [m for scan_id, sent in kept for m in originals_of(sent, scan_id, self._gateway, time)]
        await self._publisher.publish(originals)
        await self._appender.append(rows_of(batch, await self._appender.partitions(), time))

    async def assigned(self, partitions: Sequence[int]) -> None:
        """Nothing to load: a scan needs nothing that was before it."""

    async def revoked(self, partitions: Sequence[int]) -> None:
        """Nothing to give back."""

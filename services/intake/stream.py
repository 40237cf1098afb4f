"""Gateways that publish straight to Kafka: records into the same events, through the same adapters (IN-1, IN-2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import ConsumerRecord
from pydantic import ValidationError

from services.intake.adapters import phone, web
from services.intake.adapters.carrier import PARCEL_SCAN, Scan, cause_of
from services.intake.adapters.contact import interaction_id_of, interaction_message
from services.intake.adapters.edge import Edge
from services.intake.adapters.files import within_original
from services.intake.gateways import Gateway
from services.intake.raw import raw_messages
from shared.contracts.interactions import Interaction
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.outcome import Done
from shared.messaging.record import (
    REPLAY_GROUP_HEADER,
    Malformed,
    Parsed,
    Parser,
    Skipped,
    describe,
    parse_time,
    read_headers,
)
from shared.security.identity import IdentityKey
from shared.tracing import traceparent_of_cause, well_formed

Now = Callable[[], datetime]
MAX_ATTRIBUTE = 256

CONTACT_TYPES: Mapping[str, type[Edge]] = {
    "chat.message": web.WebContact,
    "form.submitted": web.WebContact,
    "call.ended": phone.PhoneCall,
}


@dataclass(frozen=True, slots=True)
class FromGateway:
    """A record of a gateway's topic: what it says, what names it, and its bytes as they came."""

    data: Any
    cause: str
    headers: Mapping[str, str]
    body: bytes


def contacts_parser(gateway: Gateway, group: str) -> Parser:
    """Contacts: value = the `data` of a web or phone webhook, by ce_type."""

    def read(headers: Mapping[str, str], value: bytes, cause: str) -> Any:
        return CONTACT_TYPES[headers["ce_type"]].model_validate_json(value)

    return _parser(gateway, group, frozenset(CONTACT_TYPES), read, traced=True)


def parcels_parser(gateway: Gateway, group: str, identity: IdentityKey) -> Parser:
    """Parcel scans: what is validated here is the contract's scan already, and is validated only once."""

    def read(headers: Mapping[str, str], value: bytes, cause: str) -> Any:
        return Scan.model_validate_json(value, context={"identity": identity, "unknown": cause})

    return _parser(gateway, group, frozenset({PARCEL_SCAN}), read, traced=False)


def _parser(
    gateway: Gateway,
    group: str,
    types: frozenset[str],
    read: Callable[[Mapping[str, str], bytes, str], Any],
    traced: bool,
) -> Parser:
    """`traced`: a trace begins where the sender began none. Not for scans: they are the flood."""

    def parse(record: "ConsumerRecord[bytes, bytes]") -> Parsed:
        headers = read_headers(record)
        if isinstance(headers, Malformed):
            return headers
        if headers.get(REPLAY_GROUP_HEADER, group) != group:
            return Skipped("replay for another group")
        fault = _fault(headers, types, record.value, gateway)
        if fault is not None:
            return Malformed(fault)
        time = parse_time(headers["ce_time"]) if "ce_time" in headers else _written_at(record)
        if time is None:
            return Malformed("header ce_time is not an RFC 3339 time with offset")
        assert record.value is not None
        cause = cause_of(gateway.name, headers["ce_source"], headers["ce_id"])
        try:
            data = read(headers, record.value, cause)
        except ValidationError as error:
            return Malformed(describe(error))
        return Incoming(
            id=headers["ce_id"],
            type=headers["ce_type"],
            event=FromGateway(data, cause, headers, record.value),
            key="",
            time=time,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            timestamp_ms=record.timestamp,
            traceparent=well_formed(headers.get("traceparent")) or (traceparent_of_cause(cause) if traced else None),
        )

    return parse


def _fault(headers: Mapping[str, str], types: frozenset[str], value: bytes | None, gateway: Gateway) -> str | None:
    """What keeps the record from being read, or None. A gateway's unknown type is its mistake, not news."""
    for name in ("ce_id", "ce_source", "ce_type"):
        if not headers.get(name):
            return f"header missing: {name}"
        if len(headers[name]) > MAX_ATTRIBUTE:
            return f"header {name} is longer than {MAX_ATTRIBUTE} characters"
    if headers["ce_type"] not in types:
        return f"ce_type is none of {', '.join(sorted(types))}"
    if value is None:
        return "value is null"
    if len(value) > gateway.body_limit_bytes:
        return f"value is larger than {gateway.body_limit_bytes} bytes"
    return None


def _written_at(record: "ConsumerRecord[bytes, bytes]") -> datetime:
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


def contacts_handler(gateway: Gateway, identity: IdentityKey, now: Now) -> Callable[[Incoming[Any]], Done]:
    """A contact by Kafka is normalised as one by HTTP is."""

    def handle(incoming: Incoming[Any]) -> Done:
        sent: FromGateway = incoming.event
        time = now()
        interaction_id = interaction_id_of(sent.cause)
        interaction = _interaction(sent.data, gateway, interaction_id, time, identity)
        message = interaction_message(interaction, time, incoming.traceparent)
        if not gateway.keep_raw:
            return Done((message,))
        return Done((*originals_of(sent, interaction_id, gateway, time), message))

    return handle


def _interaction(data: Any, gateway: Gateway, interaction_id: str, now: datetime, identity: IdentityKey) -> Interaction:
    if isinstance(data, phone.PhoneCall):
        return phone.to_interaction(data, gateway, interaction_id, now, identity)
    files = enumerate(data.attachments)
    attachments = tuple(within_original(file.sent(part), interaction_id) for part, file in files)
    return web.to_interaction(data, gateway, interaction_id, now, identity, attachments)


def originals_of(sent: FromGateway, event_id: str, gateway: Gateway, now: datetime) -> tuple[Outgoing, ...]:
    """The record as it came, for the archive; the value of a gateway's record is JSON."""
    headers = {"content-type": "application/json", **sent.headers}
    return raw_messages(event_id, gateway.name, headers, sent.body, now)

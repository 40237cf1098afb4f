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
from services.intake.gateways import Gateway
from services.intake.raw import raw_messages
from shared.contracts.interactions import Attachment, Interaction
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.outcome import Dead, Done
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
_FILE = b'"content_base64"'

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


def contacts_parser(gateway: Gateway, group: str, *, with_files: bool = False) -> Parser:
    """Contacts: value = the `data` of a web or phone webhook, by ce_type. Each record is one group's: of those that
    carry files another one's (`services.intake.contact_files`), so that no contact without waits for them."""

    def read(headers: Mapping[str, str], value: bytes, cause: str) -> Any:
        return CONTACT_TYPES[headers["ce_type"]].model_validate_json(value)

    def concerns(value: bytes | None) -> bool:
        # Found without parsing; a customer's own words can't look so, for a quotation mark in a text is escaped.
        return (value is not None and _FILE in value) is with_files

    return _parser(gateway, group, frozenset(CONTACT_TYPES), read, contacts=True, concerns=concerns)


def parcels_parser(gateway: Gateway, group: str, identity: IdentityKey) -> Parser:
    """Parcel scans: what is validated here is the contract's scan already, and is validated only once."""

    def read(headers: Mapping[str, str], value: bytes, cause: str) -> Any:
        return Scan.model_validate_json(value, context={"identity": identity, "unknown": cause})

    return _parser(gateway, group, frozenset({PARCEL_SCAN}), read, contacts=False)


def _parser(
    gateway: Gateway,
    group: str,
    types: frozenset[str],
    read: Callable[[Mapping[str, str], bytes, str], Any],
    contacts: bool,
    concerns: Callable[[bytes | None], bool] = lambda value: True,
) -> Parser:
    """`contacts`: each is known by its interaction's id, and begins a trace where its sender began none; not so scans,
    which are the flood. `concerns`: whether a value is this group's; a replayed one is whose it was, however edited.
    """

    def parse(record: "ConsumerRecord[bytes, bytes]") -> Parsed:
        headers = read_headers(record)
        replay = None if isinstance(headers, Malformed) else headers.get(REPLAY_GROUP_HEADER)
        if replay != group and (replay is not None or not concerns(record.value)):
            return Skipped("another group's")
        if isinstance(headers, Malformed):
            return headers
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
            id=interaction_id_of(cause) if contacts else headers["ce_id"],
            type=headers["ce_type"],
            event=FromGateway(data, cause, headers, record.value),
            key="",
            time=time,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            timestamp_ms=record.timestamp,
            traceparent=well_formed(headers.get("traceparent")) or (traceparent_of_cause(cause) if contacts else None),
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


def contacts_handler(gateway: Gateway, identity: IdentityKey, now: Now) -> Callable[[Incoming[Any]], Done | Dead]:
    """A contact without files by Kafka is normalised as one by HTTP is."""

    def handle(incoming: Incoming[Any]) -> Done | Dead:
        if files_of(incoming.event):
            return Dead('write the name "content_base64" without escapes, and publish the contact anew')
        time = now()
        message = contact_message(incoming, gateway, identity, time, attachments=())
        return Done((*archived(incoming, gateway, time), message))

    return handle


def files_of(sent: FromGateway) -> tuple[web.WebAttachment, ...]:
    return sent.data.attachments if isinstance(sent.data, web.WebContact) else ()


def contact_message(
    incoming: Incoming[Any],
    gateway: Gateway,
    identity: IdentityKey,
    now: datetime,
    attachments: tuple[Attachment, ...],
) -> Outgoing:
    """`attachments`: what became of the contact's files."""
    interaction = _interaction(incoming.event.data, gateway, incoming.id, now, identity, attachments)
    return interaction_message(interaction, now, incoming.traceparent)


def _interaction(
    data: Any,
    gateway: Gateway,
    interaction_id: str,
    now: datetime,
    identity: IdentityKey,
    attachments: tuple[Attachment, ...],
) -> Interaction:
    if isinstance(data, phone.PhoneCall):
        return phone.to_interaction(data, gateway, interaction_id, now, identity)
    return web.to_interaction(data, gateway, interaction_id, now, identity, attachments)


def archived(incoming: Incoming[Any], gateway: Gateway, now: datetime) -> tuple[Outgoing, ...]:
    """A contact as it came, for the archive, where its gateway keeps originals."""
    return originals_of(incoming.event, incoming.id, gateway, now) if gateway.keep_raw else ()


def originals_of(sent: FromGateway, event_id: str, gateway: Gateway, now: datetime) -> tuple[Outgoing, ...]:
    """The record as it came, for the archive; the value of a gateway's record is JSON."""
    headers = {"content-type": "application/json", **sent.headers}
    return raw_messages(event_id, gateway.name, headers, sent.body, now)

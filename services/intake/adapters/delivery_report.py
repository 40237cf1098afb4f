"""A delivery report (退信): which address failed, why, and which of our mails it was (RFC 3464)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.intake.adapters.rfc5322.bodies import Bodies
from services.intake.adapters.rfc5322.charset import decode
from services.intake.adapters.rfc5322.entity import Entity, Unreadable, read
from services.intake.adapters.rfc5322.headers import message_ids
from services.intake.adapters.rfc5322.mime import Leaf

MAX_FAILED = 20
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_ADDRESS = re.compile(r"[^\s<>;,]{1,64}@[A-Za-z0-9.-]{1,200}")
# qmail and the programs that follow it write no report, but "<address>:" and the reason.
_QMAIL = re.compile(r"^<([^<>\s@]{1,64}@[A-Za-z0-9.-]{1,200})>:", re.MULTILINE)
_RETURNED = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global")


@dataclass(frozen=True, slots=True)
class Failure:
    """One address: `action` is failed, delayed, delivered …; `status` as 5.1.1, where they are said."""

    address: str
    action: str = "failed"
    status: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    failures: tuple[Failure, ...]
    returned: str | None
    """The Message-ID of the mail that could not be delivered."""


def report_of(mail: Entity, found: Bodies, text: str) -> DeliveryReport:
    """As much as the report tells; some tell nothing."""
    failures = [f for part in found.files if part.declared_type.endswith("delivery-status") for f in _groups(part)]
    if not failures:
        named = mail.first("x-failed-recipients") or " ".join(_QMAIL.findall(text[:20_000]))
        failures = [Failure(address) for address in _ADDRESS.findall(named)]
    distinct = tuple(dict.fromkeys(failures))[:MAX_FAILED]
    return DeliveryReport(distinct, next(filter(None, map(_returned_id, found.files)), None))


def _groups(part: Leaf) -> Iterator[Failure]:
    """Groups of fields with blank lines between them: the first is about the report, each other about one address."""
    text = decode(part.content, part.charset).replace("\r\n", "\n")
    for group in text.split("\n\n"):
        fields = _fields(group)
        recipient = fields.get("final-recipient") or fields.get("original-recipient", "")
        address = _ADDRESS.search(recipient.partition(";")[2] or recipient)
        if address:
            status = _STATUS.search(fields.get("status", ""))
            action = fields.get("action", "failed").strip().lower()[:20]
            yield Failure(address[0], action, status[0] if status else "")


def _fields(group: str) -> Mapping[str, str]:
    pairs = (
        line.partition(":") for line in group.split("\n")[:100] if ":" in line and not line.startswith((" ", "\t"))
    )
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _returned_id(part: Leaf) -> str | None:
    if part.declared_type not in _RETURNED:
        return None
    try:
        ids: Sequence[str] = message_ids(read(part.content, 0, len(part.content)), "message-id")
    except Unreadable:
        return None
    return ids[0] if ids else None

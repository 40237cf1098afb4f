"""One file out of an original: the attachment of a mail, or of a web contact."""

import base64
from dataclasses import dataclass

import orjson

from services.intake.adapters.rfc5322 import mime
from services.intake.raw import Original

MAIL_TYPE = "message/rfc822"


class PartNotFound(Exception):
    """The original has no part of that number."""


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    content_type: str
    content: bytes


def part_of(original: Original, number: int) -> Part:
    """The part as `ref` numbers it, from 0. Raises `PartNotFound`."""
    if original.content_type.startswith(MAIL_TYPE):
        return _of_mail(original.body, number)
    return _of_web(original.body, number)


def _of_mail(body: bytes, number: int) -> Part:
    for leaf in mime.leaves(mime.parse(body)):
        if leaf.number == number:
            return Part(leaf.filename or f"part-{number}", leaf.content_type, leaf.content)
    raise PartNotFound(f"the mail has no part {number}")


def _of_web(body: bytes, number: int) -> Part:
    try:
        sent = orjson.loads(body)
        # By HTTP the contact is the envelope's `data`; by Kafka it is the value itself.
        file = sent.get("data", sent)["attachments"][number]
        return Part(file["name"], file["content_type"], base64.b64decode(file["content_base64"]))
    except (orjson.JSONDecodeError, AttributeError, KeyError, IndexError, TypeError):
        raise PartNotFound(f"the contact has no attachment {number}") from None

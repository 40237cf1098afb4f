"""The parts of a mail, as they are nested: what its sender says of each, and what is in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from services.intake.adapters.filetype import type_of
from services.intake.adapters.rfc5322.entity import Entity, Unreadable, read
from services.intake.adapters.rfc5322.parameters import parameters, readable, value_of
from services.intake.adapters.rfc5322.transfer import content_of

__all__ = ["Leaf", "Mail", "Multipart", "Part", "Unreadable", "leaves", "leaves_of", "parse", "structure"]

MAX_PARTS = 1000
MAX_ENTITIES = 2000
MAX_DEPTH = 25

Mail: TypeAlias = Entity


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part that holds content itself; `number` is its place among the leaves, from 0.

    `declared_type` and `filename` are what the sender says; `is_attached` that it is not to be shown.
    """

    number: int
    declared_type: str
    filename: str | None
    is_attached: bool
    content: bytes
    charset: str | None
    flow: str = ""
    """"" for lines as they stand, "flowed", or "delsp" where also the space at a soft line end goes (RFC 3676)."""

    @property
    def content_type(self) -> str:
        """What the content shows it to be, else what is declared."""
        return type_of(self.content, self.declared_type, self.filename)


@dataclass(frozen=True, slots=True)
class Multipart:
    """`subtype` as in multipart/alternative."""

    subtype: str
    parts: "tuple[Part, ...]"


Part: TypeAlias = Leaf | Multipart


def parse(body: bytes) -> Mail:
    """The mail's header; its body is read by `structure`. Raises `Unreadable`."""
    mail = read(body, 0, len(body))
    if not mail.fields:
        raise Unreadable("no header lines")
    return mail


def structure(mail: Mail) -> Part:
    """The parts as they are nested; an attached message is one leaf. Raises `Unreadable`."""
    return _Reader().part(mail, 0)


def leaves(mail: Mail) -> Iterator[Leaf]:
    """The leaves in order. Raises `Unreadable`."""
    return leaves_of(structure(mail))


def leaves_of(part: Part) -> Iterator[Leaf]:
    if isinstance(part, Leaf):
        yield part
    else:
        for child in part.parts:
            yield from leaves_of(child)


class _Reader:
    """Reads one mail's parts and counts them."""

    def __init__(self) -> None:
        self._found = 0
        self._entities = 0

    def part(self, entity: Entity, depth: int) -> Part:
        self._entities += 1
        if self._entities > MAX_ENTITIES:
            raise Unreadable(f"more than {MAX_PARTS} parts")
        if depth > MAX_DEPTH:
            raise Unreadable(f"nested deeper than {MAX_DEPTH}")
        kind, _, subtype = entity.content_type.partition("/")
        if kind == "multipart":
            parts = tuple(self.part(child, depth + 1) for child in entity.parts())
            # Without its boundaries it is what stands in it: text.
            if parts or (depth > 0 and not entity.body.strip()):
                return Multipart(subtype, parts)
        return self._leaf(entity, "text/plain" if kind == "multipart" else entity.content_type)

    def _leaf(self, entity: Entity, declared_type: str) -> Leaf:
        number = self._found
        self._found += 1
        if number >= MAX_PARTS:
            raise Unreadable(f"more than {MAX_PARTS} parts")
        disposition = entity.first("content-disposition")
        name = parameters(disposition).get("filename") or entity.parameter("name")
        return Leaf(
            number=number,
            declared_type=declared_type,
            filename=(readable(name, entity.charset) or None) if name else None,
            is_attached=value_of(disposition) == "attachment",
            content=content_of(entity.body, value_of(entity.first("content-transfer-encoding"))),
            charset=entity.charset,
            flow=_flow(entity),
        )


def _flow(entity: Entity) -> str:
    if entity.parameter("format").lower() != "flowed":
        return ""
    return "delsp" if entity.parameter("delsp").lower() == "yes" else "flowed"

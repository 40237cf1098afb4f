"""The base of every contract: frozen, strict in type, indifferent to fields of newer senders."""

from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha1
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

NAMESPACE = UUID("6f6e1a5c-6c1b-5d43-9a39-0d6c7f6a2b10")
"""Namespace of every derived id: the same cause always gives the same ids."""

_NAMESPACE_BYTES = NAMESPACE.bytes
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def derived_id(cause: str, place: str) -> str:
    """The id of an event that follows from `cause` and stands at `place` among what follows from it.

    It is str(uuid5(NAMESPACE, "cause/place")), made by hand in a third of the time: every scan needs one.
    """
    name = _NAMESPACE_BYTES + f"{cause}/{place}".encode()
    digits = sha1(name, usedforsecurity=False).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"


def _to_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


class Word(StrEnum):
    """A closed vocabulary. Its `value`, which is read wherever one is written down, is read by compiled code: Python's
    own way to it takes half as long again."""

    if not TYPE_CHECKING:
        value = property(attrgetter("_value_"))


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware time, kept in UTC."""

Fen = Annotated[int, Field(ge=0, le=10**12)]
"""Money: an integer number of fen (1/100 CNY)."""

Language = Annotated[str, Field(pattern="^(zh|en)$")]


class Contract(BaseModel):
    """Unknown fields are ignored so that a newer sender does not break an older reader."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def read(cls, value: bytes) -> "Contract":
        """The event in a record's value. Raises `ValidationError`. A reader whose class looks at a part of it first
        may leave the rest unread."""
        return cls.model_validate_json(value)

"""The base of every contract: frozen, strict in type, indifferent to fields of newer senders."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid5

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

NAMESPACE = UUID("6f6e1a5c-6c1b-5d43-9a39-0d6c7f6a2b10")
"""Namespace of every derived id: the same cause always gives the same ids."""


def derived_id(cause: str, place: str) -> str:
    """The id of an event that follows from `cause` and stands at `place` among what follows from it."""
    return str(uuid5(NAMESPACE, f"{cause}/{place}"))


def _to_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware time, kept in UTC."""

Fen = Annotated[int, Field(ge=0, le=10**12)]
"""Money: an integer number of fen (1/100 CNY)."""

Language = Annotated[str, Field(pattern="^(zh|en)$")]


class Contract(BaseModel):
    """Unknown fields are ignored so that a newer sender does not break an older reader."""

    model_config = ConfigDict(frozen=True, extra="ignore")

"""What gateways.yaml says of a chat widget: who may embed it, how it looks, when somebody is there (IN-1)."""

from datetime import datetime, time
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from services.intake.rate import Rate

Origin = Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$")]
Spoken = Literal["zh", "en"]
READABLE = 4.5
"""WCAG 2 AA: how much lighter white text must be than the brand's colour behind it."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hours(_Entry):
    """When people answer; `days` by ISO 8601 (1 is Monday)."""

    zone: str
    days: tuple[Annotated[int, Field(ge=1, le=7)], ...] = Field(min_length=1)
    opens: time
    closes: time

    @field_validator("zone")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value} is no time zone")
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("opens must lie before closes")
        return self

    def open_at(self, now: datetime) -> bool:
        there = now.astimezone(ZoneInfo(self.zone))
        return there.isoweekday() in self.days and self.opens <= there.time() < self.closes

    @property
    def shown(self) -> str:
        return f"{self.opens:%H:%M}–{self.closes:%H:%M}"


class Widget(_Entry):
    """One widget. `origins`: the shops' pages that may embed it; its own full page always may.

    `session_rate` and `address_rate` hold for one visitor and one network address, besides the gateway's rate.
    """

    origins: tuple[Origin, ...] = ()
    languages: tuple[Spoken, ...] = Field(("zh", "en"), min_length=1)
    title: dict[Spoken, Annotated[str, Field(min_length=1, max_length=40)]]
    greeting: dict[Spoken, Annotated[str, Field(min_length=1, max_length=300)]]
    hours: Hours
    colour: str = Field("#0b6e5f", pattern=r"^#[0-9a-f]{6}$")
    session_minutes: int = Field(30, ge=1, le=1440)
    remember_days: int = Field(30, ge=1, le=365)
    file_limit_bytes: int = Field(20 * 1024 * 1024, ge=1024, le=1024**3)
    session_rate: Rate = Rate(per_second=1, burst=30)
    address_rate: Rate = Rate(per_second=10, burst=200)

    @model_validator(mode="after")
    def _speaks_its_languages(self) -> Self:
        for name, said in (("title", self.title), ("greeting", self.greeting)):
            if missing := [language for language in self.languages if language not in said]:
                raise ValueError(f"{name} lacks {', '.join(missing)}")
        if (contrast := 1.05 / (_luminance(self.colour) + 0.05)) < READABLE:
            raise ValueError(f"white on {self.colour} has a contrast of {contrast:.1f}; {READABLE} is needed")
        return self


def _luminance(colour: str) -> float:
    """WCAG 2 relative luminance."""
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)

"""The directory of staff and partners (rules/staff.yaml): who answers for a party, and how they are reached (NO-7)."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from services.notify.lined import read_lined
from services.notify.mime import BadAddress, envelope_address
from services.notify.tables import Cells, Table
from shared.contracts.base import Language
from shared.contracts.pushes import PushWay
from shared.contracts.staff import Party, PartyKind, StaffRole

FILE = Path(__file__).parents[1] / "rules" / "staff.yaml"
_PHONE = r"^\+[1-9][0-9]{6,14}$"
_PARTY = re.compile(rf"({'|'.join(PartyKind)})/[a-z][a-z0-9_.]*")


def _party(text: str) -> str:
    if not _PARTY.fullmatch(text):
        raise ValueError(f"{text} is not kind/name; kinds are {', '.join(PartyKind)}")
    kind, _, name = text.partition("/")
    if kind == PartyKind.ROLE and name not in set(StaffRole):
        raise ValueError(f"{name} is no role; there are {', '.join(StaffRole)}")
    return text


def _mail(address: str) -> str:
    try:
        return envelope_address(address)
    except BadAddress as error:
        raise ValueError(str(error)) from error


class Person(Cells):
    """A person or desk. `groups`, `places`: those that it answers for; none: all. `webhook`: a name in webhooks.json,
    where its URL and secret stand."""

    id: Annotated[str, Field(pattern="^[a-z][a-z0-9.-]{1,40}$")]
    party: Annotated[str, AfterValidator(_party)]
    name: str = Field(min_length=1, max_length=60)
    language: Language
    groups: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    webhook: str | None = None
    mail: Annotated[str, AfterValidator(_mail)] | None = None
    phone: str | None = Field(None, pattern=_PHONE)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if not self.ways:
            raise ValueError(f"{self.id} has no webhook, mail or phone")
        return self

    @property
    def ways(self) -> tuple[PushWay, ...]:
        """In the order in which they are tried where nobody says how."""
        found: list[PushWay] = []
        if self.webhook:
            found.append("webhook")
        if self.mail:
            found.append("mail")
        if self.phone:
            found.append("phone")
        return tuple(found)

    def address(self, way: PushWay) -> str | None:
        return {"webhook": self.webhook, "mail": self.mail, "phone": self.phone, "sms": self.phone}[way]

    def ways_for(self, channels: Sequence[str]) -> tuple[PushWay, ...]:
        """The step's channels first, then whatever else reaches them: a dead receiver must not keep it from them."""
        wanted = [way for channel in channels for way in get_args(PushWay) if way == channel and self.address(way)]
        return tuple(dict.fromkeys([*wanted, *self.ways]))


class Directory(Table):
    """`otherwise`: who is told where nobody answers for a party; `stale_hours`: what is older is not pushed."""

    otherwise: str
    stale_hours: int = Field(ge=1, le=720)
    staff: tuple[Person, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        ids = [person.id for person in self.staff]
        if twice := [i for i in ids if ids.count(i) > 1]:
            raise ValueError(f"{twice[0]} stands twice")
        if self.otherwise not in ids:
            raise ValueError(f"otherwise: {self.otherwise} does not stand in staff")
        for role in StaffRole:
            if not any(p.party == f"role/{role}" and not (p.groups or p.places) for p in self.staff):
                raise ValueError(f"role/{role} has nobody for all groups and places")
        return self

    def person(self, person_id: str) -> Person | None:
        return next((person for person in self.staff if person.id == person_id), None)

    def answering(self, party: Party, group: str | None = None, places: Sequence[str] = ()) -> tuple[Person, ...]:
        """Whoever answers for the party there: those of the place and group alone before those of all; else
        `otherwise`, so that never nobody is told."""
        fitting = [p for p in self.staff if p.party == str(party) and _fits(p, group, places)]
        if not fitting:
            fitting = [person for person in self.staff if person.id == self.otherwise]
        nearest = max(map(_narrow, fitting))
        return tuple(person for person in fitting if _narrow(person) == nearest)


def _fits(person: Person, group: str | None, places: Sequence[str]) -> bool:
    here = not person.places or any(place.startswith(person.places) for place in places)
    return here and (not person.groups or group in person.groups)


def _narrow(person: Person) -> int:
    return 2 * bool(person.places) + bool(person.groups)


def load_directory(today: date, path: Path = FILE) -> Directory:
    """Raises `tables.TableError` with file:line."""
    return read_lined(path, Directory, today)

"""Tracking numbers recognised by form and check digit: rules/tracking_numbers.yaml, and its use (IN-7)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

import phonenumbers
from pydantic import Field, model_validator

from services.intake import check_digits, lined_yaml
from services.intake.adapters.wording import Pattern, Row, Sourced
from services.intake.gateways import RULES

MAX_LENGTH = 60
_SPACES = re.compile(r"\s+")
_COUNTRIES = phonenumbers.SUPPORTED_REGIONS
"""ISO 3166: the two last letters of a postal number name a country."""

Check = Literal["mod10", "mod7", "s10", "weighted", "luhn", "mod37_36"]


class FormRow(Row):
    """A form as an operator edits it."""

    courier: str
    name: str
    pattern: Pattern
    check: Check | None = None
    odd: Annotated[int, Field(ge=1, le=9)] = 1
    even: Annotated[int, Field(ge=1, le=9)] = 1
    weights: tuple[int, ...] = ()
    prefix: str = ""
    weak: bool = False

    @model_validator(mode="after")
    def _check_has_its_groups(self) -> Self:
        groups = set(self.pattern.groupindex)
        if self.check and not {"serial", "check"} <= groups:
            raise ValueError("a check digit needs the groups serial and check in the pattern")
        if (self.check == "weighted") != bool(self.weights):
            raise ValueError("check: weighted and weights go together")
        return self


class Forms(Sourced):
    """The file."""

    forms: tuple[FormRow, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A courier's form that a number has; `checked` where its check digit is right, `weak` where it tells little."""

    courier: str
    name: str
    checked: bool
    weak: bool


@cache
def forms(file: Path = RULES / "tracking_numbers.yaml") -> tuple[FormRow, ...]:
    """Raises `lined_yaml.RuleFileError` with file and line."""
    return lined_yaml.load(file, Forms).forms


def plain(number: str) -> str:
    """As labels are read: in capitals, without spaces."""
    return _SPACES.sub("", number).upper()


def recognised(number: str) -> tuple[Form, ...]:
    """The forms that fit, the likeliest first: by check digit, then by letters, then the weak ones."""
    written = plain(number)
    if not written.isascii() or len(written) > MAX_LENGTH:
        return ()
    found = [Form(row.courier, row.name, bool(row.check), row.weak) for row in forms() if _fits(row, written)]
    return tuple(sorted(found, key=lambda form: (form.weak, not form.checked)))


def fits(number: str, courier: str) -> bool:
    return any(form.courier == courier for form in recognised(number))


def courier_of(number: str) -> str | None:
    """The courier, where the form leaves no doubt."""
    found: Sequence[Form] = recognised(number)
    if not found or found[0].weak:
        return None
    alike = {form.courier for form in found if (form.weak, form.checked) == (found[0].weak, found[0].checked)}
    return found[0].courier if len(alike) == 1 else None


def _fits(row: FormRow, number: str) -> bool:
    match = row.pattern.fullmatch(number)
    if match is None:
        return False
    country = match.groupdict().get("country")
    if country is not None and country not in _COUNTRIES:
        return False
    return row.check is None or _check_digit(row, row.prefix + match["serial"]) == match["check"]


def _check_digit(row: FormRow, serial: str) -> str | None:
    match row.check:
        case "mod10":
            return check_digits.mod10(serial, row.odd, row.even)
        case "weighted":
            return check_digits.weighted(serial, row.weights)
        case "mod7":
            return check_digits.mod7(serial)
        case "s10":
            return check_digits.s10(serial)
        case "luhn":
            return check_digits.luhn(serial)
        case "mod37_36":
            return check_digits.mod37_36(serial)
        case _:
            return None

"""The base of what gateways send: strict in type, bounded in size; and how its faults are told to the sender."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints, ValidationError

from services.intake.delivery import FieldError, Reason, Rejected

M = TypeVar("M", bound=BaseModel)
MAX_ERRORS = 20


class Edge(BaseModel):
    """Types are strict; fields that we do not know are left alone (the original keeps them)."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


def _bounded(value: datetime) -> datetime:
    # Outside these years a time zone's shift can leave the calendar, and no contact is from then.
    if not 2000 <= value.year <= 2100:
        raise ValueError("year is not between 2000 and 2100")
    return value.astimezone(UTC)


EdgeInstant = Annotated[AwareDatetime, AfterValidator(_bounded)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
Line = Annotated[str, StringConstraints(max_length=500)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
TrackingNumber = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{3,39}$")
]
OrderNumber = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{2,63}$")
]
CaseNumber = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^(?i-u:PC[0-9A-HJKMNP-TV-Z]{8})$")
]

_CHARSET = re.compile(r";\s*charset=\"?([\w.:-]+)", re.ASCII | re.IGNORECASE)


def media_type(headers: Any) -> str:
    """The content type without parameters, in lower case; "" where there is none."""
    return str(headers.get("content-type", "")).split(";", 1)[0].strip().lower()


def require_media_type(headers: Any, *allowed: str) -> str:
    """Raises `Rejected` (415) for another content type, or a charset other than UTF-8."""
    found = media_type(headers)
    charset = _CHARSET.search(str(headers.get("content-type", "")))
    if found not in allowed:
        raise Rejected(Reason.MEDIA_TYPE, f"send {' or '.join(allowed)}")
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Rejected(Reason.MEDIA_TYPE, "send the body in UTF-8")
    return found


def read_json(model: type[M], body: bytes, context: Any = None) -> M:
    """Raises `Rejected`: 400 where the bytes are no JSON, 422 with every wrong field."""
    try:
        return model.model_validate_json(body, context=context)
    except ValidationError as error:
        raise rejected(error) from None


def rejected(error: ValidationError, prefix: str = "") -> Rejected:
    """A validation error as the sender is told it: where and what is expected, never the value."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return Rejected(Reason.MALFORMED, "the body is not JSON in UTF-8")
    errors = [
        FieldError(prefix + "".join(f"/{_escaped(part)}" for part in e["loc"]), e["msg"].removeprefix("Value error, "))
        for e in found[:MAX_ERRORS]
    ]
    return Rejected(Reason.INVALID, f"fields that are missing or wrong: {len(found)}", errors)


def _escaped(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")

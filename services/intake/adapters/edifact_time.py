"""Times of EDIFACT's DTM segments: the formats of code list 2379 that carriers use."""

import re
from datetime import UTC, datetime, timedelta, timezone

_FORMATS = {"102": "%Y%m%d", "203": "%Y%m%d%H%M", "204": "%Y%m%d%H%M%S", "101": "%y%m%d", "201": "%y%m%d%H%M"}
_ZONED = {"205": "%Y%m%d%H%M", "303": "%Y%m%d%H%M", "304": "%Y%m%d%H%M%S"}
_DIGITS = {"102": 8, "203": 12, "204": 14, "101": 6, "201": 10, "205": 12, "303": 12, "304": 14}
_BY_LENGTH = {8: "102", 12: "203", 14: "204"}
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?", re.ASCII)
_NAMED = {"UTC": "+00:00", "GMT": "+00:00", "Z": "+00:00", "ZZZ": "", "CST": "+08:00"}
"""CST is China's; other names are not known, and the table's time zone holds."""


def time_of(value: str, form: str, time_zone: str) -> datetime | None:
    """In UTC, or None where it is no time; `time_zone` (+08:00) is that of a time that says none."""
    form = form or _BY_LENGTH.get(len(value), "")
    if form in _ZONED:
        value, zone = value[: _DIGITS[form]], value[_DIGITS[form] :]
        time_zone = _offset(zone) or time_zone
        pattern = _ZONED[form]
    else:
        pattern = _FORMATS.get(form, "")
    # strptime would take shorter numbers, too, and read an hour as minutes.
    if not (pattern and value.isascii() and value.isdigit() and len(value) == _DIGITS[form]):
        return None
    try:
        local = datetime.strptime(value, pattern)  # noqa: DTZ007 the zone comes in the next line
        return local.replace(tzinfo=_zone(time_zone)).astimezone(UTC) if 2000 <= local.year <= 2100 else None
    except (ValueError, OverflowError):
        return None


def _offset(zone: str) -> str:
    found = _OFFSET.fullmatch(zone.strip())
    if found and int(found[2]) < 15 and int(found[3] or 0) < 60:
        return f"{found[1]}{found[2]}:{found[3] or '00'}"
    return _NAMED.get(zone.strip().upper(), "")


def _zone(offset: str) -> timezone:
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    return timezone((1 if offset[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))

"""What an invitation (text/calendar, RFC 5545) says, for a mail that says nothing else."""

import re

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(
    r"^(SUMMARY|DTSTART|DTEND|LOCATION|DESCRIPTION|STATUS)(?:;[^:\n]{0,200})?:([^\r\n]{1,2000})", re.MULTILINE
)
_ESCAPED = re.compile(r"\\([nN,;\\])")
_NAMES = ("SUMMARY", "DTSTART", "DTEND", "LOCATION", "DESCRIPTION")
MAX_CALENDAR = 100_000


def text_of_calendar(calendar: str) -> str:
    """Title, times, place and description of the first event, a line each."""
    unfolded = _FOLD.sub("", calendar[:MAX_CALENDAR])
    begin = unfolded.find("BEGIN:VEVENT")
    end = unfolded.find("END:VEVENT", begin)
    event = unfolded[max(0, begin) : end if end > 0 else len(unfolded)]
    found: dict[str, str] = {}
    for line in _LINE.finditer(event):
        found.setdefault(line[1], _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], line[2]).strip())
    return "\n".join(found[name] for name in _NAMES if found.get(name))

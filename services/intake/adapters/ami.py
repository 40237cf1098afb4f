"""The text of the Asterisk Manager Interface (AMI): blocks of `Name: value` lines, an empty line behind each.

Source: https://docs.asterisk.org/Configuration/Interfaces/Asterisk-Manager-Interface-AMI/
"""

import re
from collections.abc import Iterator, Mapping

Block = Mapping[str, str]
"""Names in lower case (Uniqueid and UniqueID are the same); a name that comes again keeps its first value."""

_BETWEEN = re.compile(r"(?:\r?\n[ \t]*){2,}")


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a text in their order; lines without a name (the greeting) are passed over."""
    for part in _BETWEEN.split(text):
        if found := _block(part):
            yield found


def _block(part: str) -> Block:
    fields: dict[str, str] = {}
    for line in part.split("\n"):
        name, colon, value = line.partition(":")
        if colon and name.strip():
            fields.setdefault(name.strip().lower(), value.strip())
    return fields

"""Mailboxes of a header (RFC 5322, 3.4), as loosely as senders write them."""

import re
from collections.abc import Iterator

from services.intake.adapters.rfc5322.words import decoded

MAX_HEADER = 20_000
MAX_FOUND = 200
_TOKEN = re.compile(
    r'(?P<quoted>"(?:[^"\\]|\\.)*"?)|(?P<comment>\((?:[^()\\]|\\.)*\)?)|<(?P<angle>[^<>]*)>?|(?P<end>[,;:])'
    r"|(?P<word>=\?[^?\s]{1,60}\?[BbQq]\?[^?]*\?=|[^\"(<,;:=]+|=)",
    re.DOTALL,
)
_COMMENT = re.compile(r"\([^()]*\)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")


def mailboxes(raw: str, hint: str | None = None) -> list[tuple[str, str]]:
    """Name and address of each, "" where it has none; the members of a group stand among the others."""
    flat = " ".join(raw[:MAX_HEADER].split())
    found = [_mailbox(tokens, hint) for tokens in _entries(flat)]
    return [(name, address) for name, address in found if name or address][:MAX_FOUND]


def _entries(flat: str) -> Iterator[list[re.Match[str]]]:
    entry: list[re.Match[str]] = []
    for token in _TOKEN.finditer(flat):
        if token["end"] is None:
            entry.append(token)
            continue
        # What stands before a colon is a group's name, or a route that nobody uses any more.
        if token["end"] != ":":
            yield entry
        entry = []
    yield entry


def _mailbox(tokens: list[re.Match[str]], hint: str | None) -> tuple[str, str]:
    """The angle brackets tell the address; else the first word that looks like one."""
    words = "".join(_name_of(token) for token in tokens if token["angle"] is None and token["comment"] is None)
    angles = [_COMMENT.sub("", token["angle"]) for token in tokens if token["angle"] is not None]
    comments = [_ESCAPED.sub(r"\1", token["comment"].strip("()")) for token in tokens if token["comment"] is not None]
    if angles:
        address = next((angle for angle in reversed(angles) if "@" in angle), angles[-1])
        name = words
    else:
        at = _ADDRESS.search(words)
        address = at[0] if at else ""
        name = words.replace(address, "", 1) if address else words
    return decoded(name.strip() or " ".join(comments), hint), decoded(address.strip(), hint).replace(" ", "")


def _name_of(token: re.Match[str]) -> str:
    if token["quoted"] is None:
        return token["word"]
    return _ESCAPED.sub(r"\1", token["quoted"][1:].removesuffix('"'))

"""Which parts of a mail are its text and which came with it (RFC 8621, 4.1.4), and that text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.intake.adapters.rfc5322.calendars import text_of_calendar
from services.intake.adapters.rfc5322.charset import decode
from services.intake.adapters.rfc5322.html_text import text_of_html
from services.intake.adapters.rfc5322.mime import Leaf, Multipart, Part

_MEDIA = ("image/", "audio/", "video/")
_TEXTS = ("text/plain", "text/html")
_CALENDARS = ("text/calendar", "application/ics")
_SOFT_END = re.compile(r"(?<!^--) \r?\n(?!>|-- ?\r?$)", re.MULTILINE)


@dataclass(slots=True)
class Bodies:
    """`text` for a reader without HTML, `html` for one with it; a part stands in both where the other kind is missing.

    `files` are all parts but the texts, in order, inline images too: a customer's photo is often pasted into the text.
    """

    text: list[Leaf] = field(default_factory=list)
    html: list[Leaf] = field(default_factory=list)
    files: list[Leaf] = field(default_factory=list)


def bodies_of(root: Part) -> Bodies:
    found = Bodies()
    _walk([root], "mixed", found, found.text, found.html)
    seen: set[int] = set()
    for part in (*found.text, *found.html, *found.files):
        if part.declared_type not in _TEXTS or part in found.files:
            seen.add(part.number)
    by_number = {part.number: part for part in (*found.text, *found.html, *found.files)}
    found.files = [by_number[number] for number in sorted(seen)]
    return found


def _walk(
    parts: Sequence[Part],
    kind: str,
    found: Bodies,
    text: list[Leaf] | None,
    html: list[Leaf] | None,
    within: bool = False,
) -> None:
    """`kind` is the multipart's subtype; within an alternative `text` or `html` is None where the branch has none."""
    texts, htmls = len(found.text), len(found.html)
    for place, part in enumerate(parts):
        if isinstance(part, Multipart):
            _walk(part.parts, part.subtype, found, text, html, within or part.subtype == "alternative")
        elif not _is_shown(part, place, kind):
            found.files.append(part)
        elif kind == "alternative":
            {"text/plain": found.text, "text/html": found.html}.get(part.declared_type, found.files).append(part)
        else:
            if within and part.declared_type == "text/plain":
                html = None
            if within and part.declared_type == "text/html":
                text = None
            for body in (text, html):
                if body is not None:
                    body.append(part)
    if kind == "alternative" and text is not None and html is not None:
        if len(found.text) == texts:
            found.text.extend(found.html[htmls:])
        elif len(found.html) == htmls:
            found.html.extend(found.text[texts:])


def _is_shown(part: Leaf, place: int, kind: str) -> bool:
    media = part.declared_type.startswith(_MEDIA)
    if part.is_attached or not (media or part.declared_type in _TEXTS):
        return False
    return place == 0 or (kind != "related" and (media or part.filename is None))


def text_of(found: Bodies) -> str:
    """What stands in the mail, as text; of an invitation without words, what it invites to."""
    pieces = [_text(part) for part in found.text if part.declared_type in _TEXTS]
    if not any(piece.strip() for piece in pieces):
        # Some programs send an empty plain part beside the HTML one.
        pieces = [_text(part) for part in found.html if part.declared_type in _TEXTS]
    if not any(piece.strip() for piece in pieces):
        pieces = [text_of_calendar(decode(p.content, p.charset)) for p in found.files if p.declared_type in _CALENDARS]
    return "\n".join(pieces)


def _text(part: Leaf) -> str:
    text = decode(part.content, part.charset)
    if part.declared_type == "text/html":
        return text_of_html(text)
    return _SOFT_END.sub("" if part.flow == "delsp" else " ", text) if part.flow else text

"""EDIFACT syntax (ISO 9735): service characters of UNA, segments with their data elements, and messages UNH to UNT."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

MAX_SEGMENTS = 50_000
MAX_ELEMENTS = 200
_CHARSETS = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "latin-1",
    "UNOD": "iso-8859-2",
    "UNOE": "iso-8859-5",
    "UNOF": "iso-8859-7",
    "UNOW": "utf-8",
    "UNOX": "gb18030",
    "UNOY": "utf-8",
}
"""Of the syntax identifier in UNB. UNOX switches sets; in China that is GB 2312."""


class Unreadable(Exception):
    """The bytes are no EDIFACT; the message says where, and holds nothing of them."""


@dataclass(frozen=True, slots=True)
class Service:
    """The characters that separate; the defaults are those of an interchange without UNA."""

    component: str = ":"
    element: str = "+"
    release: str = "?"
    segment: str = "'"


@dataclass(frozen=True, slots=True)
class Segment:
    """A tag and its data elements, each of components; `get` gives "" for what was left out."""

    tag: str
    elements: tuple[tuple[str, ...], ...]

    def get(self, element: int, component: int = 0) -> str:
        if element >= len(self.elements) or component >= len(self.elements[element]):
            return ""
        return self.elements[element][component].strip()


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its type (IFTSTA), and what stands between UNH and UNT. `sender` is the interchange's."""

    type: str
    segments: Sequence[Segment]
    sender: str = ""


def text_of(content: bytes, charset: str | None = None) -> str:
    """Decoded as `charset`, else as UNB says, else as UTF-8 or, where it is none, Latin-1. Raises `Unreadable`."""
    for name in filter(None, (charset, _declared(content), "utf-8", "latin-1")):
        try:
            text = content.decode(name).removeprefix("\ufeff")
            text.encode()  # Halves of characters, which some sets bring about, can't go on.
        except (LookupError, ValueError):
            if name == charset:
                raise Unreadable(f"the body is not {charset}") from None
        else:
            return text
    raise Unreadable("the body can't be decoded")


def _declared(content: bytes) -> str | None:
    at = content[:200].find(b"UNB")
    return _CHARSETS.get(content[at + 4 : at + 8].decode("ascii", "replace")) if at >= 0 else None


def messages(text: str) -> Iterator[Message]:
    """The messages of an interchange, or of a message without its envelope. Raises `Unreadable`."""
    sender, open_type = "", ""
    body: list[Segment] | None = None
    for number, segment in enumerate(segments(text), 1):
        if segment.tag == "UNB":
            sender = segment.get(1)
        elif segment.tag == "UNH":
            if body is not None:
                raise Unreadable(f"segment {number}: UNH before the message before it ended (UNT)")
            body, open_type = [], segment.get(1)
        elif segment.tag == "UNT":
            if body is None:
                raise Unreadable(f"segment {number}: UNT without UNH")
            yield Message(open_type, tuple(body), sender)
            body = None
        elif body is not None:
            body.append(segment)
    if body is not None:
        raise Unreadable("the last message does not end (UNT): it was cut off")


def segments(text: str) -> Iterator[Segment]:
    """Each segment in order. Raises `Unreadable`."""
    service, rest = _service(text)
    for number, raw in enumerate(_split(rest, service.segment, service.release), 1):
        if number > MAX_SEGMENTS:
            raise Unreadable(f"more than {MAX_SEGMENTS} segments")
        raw = raw.lstrip("\r\n\t ")
        if raw.strip():
            yield _segment(raw, number, service)


def _service(text: str) -> tuple[Service, str]:
    """UNA and six characters: component, element, decimal mark, release, reserved, segment."""
    text = text.lstrip()
    if not text.startswith("UNA"):
        return Service(), text
    marks = text[3:9]
    if len(marks) < 6:
        raise Unreadable("UNA needs six characters")
    component, element, release, segment = marks[0], marks[1], marks[3], marks[5]
    # A space says that there is no release character; nothing equals "".
    release = "" if release == " " else release
    used = [mark for mark in (component, element, release, segment) if mark]
    if len(set(used)) != len(used) or any(mark.isalnum() or mark.isspace() for mark in used):
        raise Unreadable("the characters of UNA are not four different marks")
    return Service(component, element, release, segment), text[9:]


def _segment(raw: str, number: int, service: Service) -> Segment:
    tag, *elements = _split(raw, service.element, service.release)
    if not (len(tag) == 3 and tag.isascii() and tag.isalnum() and tag.isupper()) or len(elements) > MAX_ELEMENTS:
        raise Unreadable(f"segment {number} has no tag of three capitals, or too many elements")
    return Segment(tag, tuple(_composite(element, service) for element in elements))


def _composite(element: str, service: Service) -> tuple[str, ...]:
    return tuple(_released(part, service.release) for part in _split(element, service.component, service.release))


def _split(text: str, mark: str, release: str) -> Iterator[str]:
    """Parts between marks, still with their release characters: what follows one is a letter, not a mark."""
    if not release or release not in text:
        yield from text.split(mark)
        return
    start = 0
    for match in _marks(mark, release).finditer(text):
        if match[0] == mark:
            yield text[start : match.start()]
            start = match.end()
    yield text[start:]


def _released(text: str, release: str) -> str:
    return _released_letters(release).sub(r"\1", text) if release and release in text else text


@lru_cache(maxsize=64)
def _marks(mark: str, release: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(release)}.?|{re.escape(mark)}", re.DOTALL)


@lru_cache(maxsize=64)
def _released_letters(release: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(release)}(.?)", re.DOTALL)

"""Header and body of a mail or of one of its parts, and the parts of a multipart (RFC 5322, 2046).

A reader of its own: the standard library's compares every line with the boundary of each multipart around it, decodes
8-bit text before its character set is known, and writes attached messages anew. This one only cuts, never copies, and
its time grows with the length times the depth, which is limited.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from services.intake.adapters.rfc5322.parameters import parameters, value_of

MAX_HEADER_LINES = 20_000
MAX_HEADER_BYTES = 1_000_000
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
_ENVELOPE = re.compile(rb">?From [^\n]*\n")
"""What mbox files write above a mail."""

_BLANK = re.compile(rb"\r?(?:\n|\Z)")
_MEDIA_TYPE = re.compile(r"[a-z0-9.+_-]{1,60}/[a-z0-9.+_-]{1,100}", re.ASCII)


class Unreadable(Exception):
    """The bytes can't be taken for a mail; the message says why."""


@dataclass(frozen=True)
class Entity:
    """A piece of `raw`: its header fields as they stand (high bytes as surrogates), and where its body is."""

    raw: bytes
    fields: tuple[tuple[str, str], ...]
    start: int
    end: int
    default: str = "text/plain"
    """The type where none is said: in a digest, a message."""

    def first(self, name: str) -> str:
        """The first field of that name (in lower case); "" where there is none."""
        return self._first.get(name, "")

    @cached_property
    def _first(self) -> Mapping[str, str]:
        return dict(reversed(self.fields))

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    @cached_property
    def content_type(self) -> str:
        """type/subtype; application/octet-stream where it can't be read."""
        return media_type(self._type) if self._type.strip() else self.default

    @property
    def _type(self) -> str:
        # Where a writer lost a boundary two stand there; the second one is nearer to the body.
        return next((value for key, value in reversed(self.fields) if key == "content-type"), "")

    @cached_property
    def charset(self) -> str | None:
        return self.parameter("charset").split(" ")[0].strip("'\"").lower()[:40] or None

    def parameter(self, name: str) -> str:
        """Of the content type; "" where it has none of that name."""
        return self._parameters.get(name, "")

    @cached_property
    def _parameters(self) -> Mapping[str, str]:
        return parameters(self._type)

    @property
    def body(self) -> bytes:
        return self.raw[self.start : self.end]

    def parts(self) -> Iterator["Entity"]:
        """Of a multipart, in order; none where its boundary does not occur. An unclosed last part goes to the end."""
        boundary = self.parameter("boundary").encode("ascii", "surrogateescape")
        if not boundary:
            return
        default = "message/rfc822" if self.content_type == "multipart/digest" else "text/plain"
        begin: int | None = None
        for mark, line_end, closes in _delimiters(self.raw, boundary, self.start, self.end):
            if begin is not None and mark > begin:
                yield read(self.raw, begin, _without_line_end(self.raw, begin, mark), default)
            if closes:
                return
            begin = min(line_end + 1, self.end)
        if begin is not None and self.raw[begin : self.end].strip():
            yield read(self.raw, begin, self.end, default)


def media_type(raw: str) -> str:
    value = value_of(raw)
    return value if _MEDIA_TYPE.fullmatch(value) else "application/octet-stream"


def _delimiters(raw: bytes, boundary: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Where each delimiter line begins and ends, and whether it closes the multipart."""
    mark = b"--" + boundary
    at = start if raw.startswith(mark, start, end) else _next_line(raw, mark, start, end)
    while at >= 0:
        behind = at + len(mark)
        line_end = raw.find(b"\n", behind, end)
        line_end = end if line_end < 0 else line_end
        rest = raw[behind:line_end].rstrip(b" \t\r")
        if rest in (b"", b"--"):
            yield at, line_end, rest == b"--"
        at = _next_line(raw, mark, line_end, end)


def _next_line(raw: bytes, mark: bytes, start: int, end: int) -> int:
    """Where the next line that begins with `mark` does; -1 where none does."""
    found = raw.find(b"\n" + mark, start, end)
    return found + 1 if found >= 0 else -1


def _without_line_end(raw: bytes, begin: int, end: int) -> int:
    """The line end before a delimiter belongs to it."""
    if end > begin and raw[end - 1 : end] == b"\n":
        end -= 1
    return end - 1 if end > begin and raw[end - 1 : end] == b"\r" else end


def read(raw: bytes, start: int, end: int, default: str = "text/plain") -> Entity:
    """Fields up to the first line that is none; a blank one between header and body belongs to neither."""
    envelope = _ENVELOPE.match(raw, start, end)
    position = envelope.end() if envelope else start
    fields: list[tuple[str, str]] = []
    while (field := _FIELD.match(raw, position, end)) is not None:
        fields.append((field[1].decode("ascii").lower(), field[2].decode("ascii", "surrogateescape").strip()))
        position = field.end()
        if len(fields) > MAX_HEADER_LINES:
            raise Unreadable(f"more than {MAX_HEADER_LINES} header lines")
        if position - start > MAX_HEADER_BYTES:
            raise Unreadable(f"a header of more than {MAX_HEADER_BYTES} bytes")
    blank = _BLANK.match(raw, position, end)
    return Entity(raw, tuple(fields), blank.end() if blank else position, end, default)

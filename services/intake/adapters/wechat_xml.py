"""WeChat's XML, read without document types or entities (so without bombs or files of ours), and written."""

from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

from services.intake.delivery import Reason, Rejected

MAX_DEPTH = 10
MAX_ELEMENTS = 2000
ROOT = "xml"


class _Fields:
    """The text of the root's children. Deeper elements are counted and passed over; the original has them."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._text: list[str] = []
        self._depth = self._elements = 0

    def start(self, name: str, _: object) -> None:
        if self._depth == 0 and name != ROOT:
            raise Rejected(Reason.MALFORMED, f"the root element is not {ROOT}")
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise Rejected(Reason.MALFORMED, "the document has too many elements")
        if self._depth == 2:
            self._text = []

    def text(self, text: str) -> None:
        if self._depth == 2:
            self._text.append(text)

    def end(self, name: str) -> None:
        if self._depth == 2:
            # A name that comes again changes nothing: what was read first stands.
            self.found.setdefault(name, "".join(self._text).strip())
        self._depth -= 1


def read(body: bytes) -> dict[str, str]:
    """The fields of a message, without those that are empty. Raises `Rejected` (400)."""
    fields = _Fields()
    # No declaration can change how the bytes are read.
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = fields.start
    parser.CharacterDataHandler = fields.text
    parser.EndElementHandler = fields.end
    try:
        parser.Parse(_decoded(body), True)
    except expat.ExpatError as error:
        raise Rejected(Reason.MALFORMED, f"the body is not XML (line {error.lineno})") from None
    return {name: text for name, text in fields.found.items() if text}


def _decoded(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected(Reason.MALFORMED, "the body is not in UTF-8") from None
    if "\0" in text:
        # expat would take it for UTF-16.
        raise Rejected(Reason.MALFORMED, "the body is not in UTF-8")
    return text


def _refuse(*_: Any) -> None:
    raise Rejected(Reason.MALFORMED, "a document type or an entity is not taken")


def write(fields: Mapping[str, str | int]) -> bytes:
    """Numbers as they are, texts as CDATA."""
    return f"<xml>{''.join(f'<{name}>{_value(value)}</{name}>' for name, value in fields.items())}</xml>".encode()


def _value(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    return f"<![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]>"

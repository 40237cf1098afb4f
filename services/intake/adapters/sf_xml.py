"""SF's XML (RoutePushService, RouteService): attributes of its routes, read without document types or entities."""

from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

from services.intake.delivery import Reason, Rejected

MAX_DEPTH = 10
MAX_ELEMENTS = 5000
# Element and attribute names of the answer to a query, as the push names them.
_QUERIED = {"accept_time": "acceptTime", "accept_address": "acceptAddress", "opcode": "opCode"}


class _Routes:
    def __init__(self) -> None:
        self.found: list[dict[str, str]] = []
        self._mailno = ""
        self._depth = self._elements = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise Rejected(Reason.MALFORMED, "the document has too many elements")
        if name == "RouteResponse":
            self._mailno = attributes.get("mailno", "")
        elif name == "WaybillRoute":
            self.found.append(dict(attributes))
        elif name == "Route":
            self.found.append(
                {"mailno": self._mailno} | {_QUERIED.get(key, key): value for key, value in attributes.items()}
            )

    def end(self, _: str) -> None:
        self._depth -= 1


def routes_in(body: bytes) -> list[dict[str, str]]:
    """Each route's attributes, in the document's order. Raises `Rejected` (400)."""
    routes = _Routes()
    # The encoding is laid down here, so no declaration can change how the bytes are read.
    parser = expat.ParserCreate("UTF-8")
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = routes.start
    parser.EndElementHandler = routes.end
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Rejected(Reason.MALFORMED, f"the content is not XML in UTF-8 (line {error.lineno})") from None
    return routes.found


def _refuse(*_: Any) -> None:
    raise Rejected(Reason.MALFORMED, "a document type or an entity is not taken")

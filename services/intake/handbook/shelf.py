"""The playbook in each language, as it was published last. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.contracts.parcels import Node
from shared.contracts.playbook import NodeTold, PlaybookPublished


@dataclass(frozen=True, slots=True)
class Handbook:
    """One language: what customers are told at each node, and the nodes by their titles."""

    nodes: Mapping[Node, NodeTold]
    by_title: Mapping[str, NodeTold]

    @staticmethod
    def of(event: PlaybookPublished) -> "Handbook":
        return Handbook({n.node: n for n in event.nodes}, {n.title.casefold(): n for n in event.nodes})


@dataclass(slots=True)
class Shelf:
    """Empty until the topic has been read; what was read last counts."""

    _books: dict[str, Handbook] = field(default_factory=dict)

    def put(self, event: PlaybookPublished) -> None:
        self._books[event.language] = Handbook.of(event)

    def at(self, node: Node, language: str) -> NodeTold | None:
        book = self._books.get(language)
        return None if book is None else book.nodes.get(node)

    def named(self, text: str) -> tuple[NodeTold, str] | None:
        """The node whose title is all that the customer wrote, and the language of it."""
        asked = text.strip().casefold()
        for language, book in self._books.items():
            if asked in book.by_title:
                return book.by_title[asked], language
        return None

"""Publishes the playbook to the other services: whole, by language, at the start and every few minutes (RO-10)."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime

import structlog

from services.routing.playbook import LANGUAGES, Book
from services.routing.record import SOURCE
from shared.contracts.parcels import Node
from shared.contracts.playbook import PLAYBOOK_PUBLISHED, NodeTold, PlaybookPublished, Told
from shared.contracts.topics import PLAYBOOK
from shared.messaging.message import Outgoing, outgoing
from shared.messaging.publisher import Publisher

log = structlog.get_logger()
AGAIN_S = 300.0


class Announcer:
    """The playbook changes with the rules, which a process reads at its start.

    While processes of two versions run, whichever leads may publish its own; so the one that leads says it again every
    `AGAIN_S`, and the one that stays has the last word.
    """

    def __init__(self, book: Book, publisher: Publisher, now: Callable[[], datetime]) -> None:
        self._book = book
        self._publisher = publisher
        self._now = now
        self._until = 0.0

    async def announce(self) -> None:
        """Raises `PublishFailed`, and then does it when it is called again."""
        if time.monotonic() < self._until:
            return
        await self._publisher.publish(list(announcements(self._book, self._now())))
        self._until = time.monotonic() + AGAIN_S
        log.info("playbook_published", version=self._book.version)


def announcements(book: Book, now: datetime) -> Iterator[Outgoing]:
    for language in LANGUAGES:
        nodes = tuple(_told(book, node, language) for node in Node)
        event = PlaybookPublished(version=book.version, language=language, nodes=nodes, at=now)
        yield outgoing(
            PLAYBOOK,
            event,
            type=PLAYBOOK_PUBLISHED,
            key=language,
            cause=f"playbook/{book.version}",
            time=now,
            source=SOURCE,
        )


def _told(book: Book, node: Node, language: str) -> NodeTold:
    told = tuple(
        Told(symptom=e.symptom, question=e.question[language], answer=book.answer(e, language, node))
        for e in book.at(node)
    )
    return NodeTold(node=node, title=book.nodes[node][language], told=told)

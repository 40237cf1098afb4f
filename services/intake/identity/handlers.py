"""Contacts and orders as statements of who is who: load the circles, hear, save, announce (IN-5)."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from services.intake.identity.book import Book
from services.intake.identity.messages import messages
from services.intake.identity.rules import IdentityRules
from services.intake.identity.statement import Statement, of_contact, of_order
from services.intake.identity.store import IdentityStore
from shared.contracts.interactions import Interaction, MediaFailed, MediaStored
from shared.messaging.handler import Session
from shared.messaging.message import Incoming
from shared.messaging.outcome import Done, Ignored, Outcome
from shared.security.identity import IdentityKey


class IdentityHandler:
    """What it learns is a set, so a repeat is harmless, and only what was announced stands in the inbox."""

    def __init__(
        self,
        store: IdentityStore,
        rules: IdentityRules,
        key: IdentityKey,
        nobodys: Collection[str],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._rules = rules
        self._key = key
        self._nobodys = nobodys
        self._now = now

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        return incoming.key

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> Sequence[Outcome]:
        statements = [self._statement(incoming) for incoming in batch]
        said = [statement for statement in statements if statement is not None]
        handles = list({named.id for s in said for named in (*s.handles, *s.read)})
        await self._store.refer(_references(said))
        book = Book(await self._store.load(handles, session), self._rules, self._nobodys)
        outcomes = [self._heard(s, i, book) for s, i in zip(statements, batch, strict=True)]
        await self._store.save(book.loaded, book.now, session)
        return outcomes

    def _statement(self, incoming: Incoming[Any]) -> Statement | None:
        event = incoming.event
        if isinstance(event, Interaction):
            return of_contact(event, self._key)
        if isinstance(event, MediaStored | MediaFailed):
            # What became of a contact's file says nothing of who wrote it.
            return None
        return of_order(event, incoming.id, self._key)

    def _heard(self, statement: Statement | None, incoming: Incoming[Any], book: Book) -> Outcome:
        events = book.hear(statement) if statement is not None else ()
        return Done(messages(events, self._now(), incoming.traceparent)) if events else Ignored()


def _references(statements: Sequence[Statement]) -> dict[str, tuple[str, datetime]]:
    return {f"{r}/{s.handles[0].id}": (s.evidence.value, s.at) for s in statements for r in s.references}

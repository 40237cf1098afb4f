"""The consumers of routing: contacts, exceptions of parcels, and who is who. Parse, load, decide, save."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.routing import contact, parcel_news
from services.routing.alias_store import AliasStore
from services.routing.aliases import newest
from services.routing.case import decide
from services.routing.incidents import messages as incident_messages
from services.routing.incidents.linking import Links
from services.routing.incidents.store import IncidentStore
from services.routing.key_accounts.account import as_key_account
from services.routing.key_accounts.store import VolumeStore
from services.routing.life import Life
from services.routing.number import id_range
from services.routing.pairs.doubting import doubt_of, doubt_said
from services.routing.pairs.doubts import Doubts
from services.routing.persons import People, is_unknown_id, owner_of
from services.routing.record import messages
from services.routing.rules import Rules
from services.routing.state import CaseState, ChangeSet
from services.routing.store import CaseStore, Span
from services.routing.threading import Book, keys_of_contact, keys_of_exception
from shared.clock import Clock
from shared.contracts.claims import ClaimChanged
from shared.contracts.interactions import Interaction, MediaFailed, MediaStored
from shared.contracts.parcels import ParcelExceptionCleared, ParcelExceptionRaised, ParcelMoved, ParcelSnapshot
from shared.contracts.surveys import SurveySubmitted
from shared.messaging.handler import IGNORED, Decision, InvalidEvent, Session, fold_in_turns
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.outcome import Ignored, Outcome

Find = Callable[[Incoming[Any], Book], str]


class CaseHandler:
    """Decides a batch of events on the cases that they belong to, each on what the ones before it left."""

    def __init__(
        self,
        store: CaseStore,
        aliases: AliasStore,
        incidents: IncidentStore,
        rules: Rules,
        clock: Clock,
        doubts: Doubts,
    ) -> None:
        self._store = store
        self._aliases = aliases
        self._doubts = doubts
        self._incidents = incidents
        self._rules = rules
        self._clock = clock

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        """Ordered by customer, or by parcel: as the topics are keyed."""
        return incoming.key

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> Sequence[Outcome]:
        events = [incoming.event for incoming in batch]
        people = People(self._rules.life, await self._aliases.of(_customers(events)))
        keys = tuple(dict.fromkeys(key for event in events for key in _keys(event, self._rules.life, people)))
        ids = tuple(dict.fromkeys(case_id for event in events for case_id in _case_ids(event)))
        media = tuple(event.ref for event in events if isinstance(event, MediaStored | MediaFailed))
        loaded = await self._store.concerned(ids, session, keys, tuple(_spans(events)), media)
        links = await self._incidents.links_of(events, session)
        book = Book(loaded, keys, people)
        changed, outcomes = await self._decide(batch, book, links)
        await self._store.save(changed, book.loaded, session)
        await self._incidents.count(batch, outcomes, session)
        await self._incidents.save_affected(links, session)
        if doubts := [doubt for incoming in batch if (doubt := doubt_of(incoming.event, book, people)) is not None]:
            await self._doubts.add(doubts, session)
        return outcomes

    async def _decide(
        self, batch: Sequence[Incoming[Any]], book: Book, links: Links
    ) -> tuple[Mapping[str, CaseState], Sequence[Outcome]]:
        now = self._clock.now()

        def place(incoming: Incoming[Any], _: Mapping[str, CaseState]) -> str:
            return place_of(incoming.event, book, self._rules.life)

        def judge(state: CaseState | None, incoming: Incoming[Any]) -> Decision[CaseState]:
            event = incoming.event
            if isinstance(event, Interaction):
                until = book.key_until(event.customer)
                event = as_key_account(book.as_known(event, state.case) if state else event, until, self._rules)
            if state is None and isinstance(event, MediaStored | MediaFailed):
                # Its contact stands before it in the partition: that one could not be handled, and both wait together.
                raise InvalidEvent(f"no case waits for {event.ref}")
            if state is None and isinstance(event, SurveySubmitted | ClaimChanged):
                raise InvalidEvent(f"there is no case {_case_id(event)}")
            preferred = book.last_agent(event.customer) if _is_new_contact(state, event) else None
            key_account = _concerns_key_account(event, book)
            found = decide(state, event, self._rules, now, preferred, links.joint(event), key_account)
            if found is None:
                return _unless_told(_of_incident(state, incoming, links, now))
            settled = book.settle(found.state, self._rules.life, incoming.event)
            told = ChangeSet(settled, found.changes, found.lookup, found.before)
            news = _of_incident(settled, incoming, links, now)
            return Decision(settled, (*messages(told, incoming.id, now, incoming.traceparent), *news))

        return await fold_in_turns(batch, book.states, self.aggregate_of, place, judge)


class AliasHandler:
    """Who is who. What comes is newer or is not: a repeat changes nothing, and needs no inbox."""

    def __init__(self, store: AliasStore, volumes: VolumeStore, doubts: Doubts, rules: Rules) -> None:
        self._store = store
        self._volumes = volumes
        self._doubts = doubts
        self._rules = rules

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        return incoming.key

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> Sequence[Outcome]:
        people = newest(incoming.event for incoming in batch)
        fresh = await self._store.save(people, session)
        await self._volumes.flag(list(people), session)
        told = [
            doubt_said(incoming.event, incoming.id, self._rules.life) for incoming in batch if _is_news(incoming, fresh)
        ]
        await self._doubts.add([doubt for doubt in told if doubt is not None], session)
        return [Ignored() for _ in batch]


def _is_news(incoming: Incoming[Any], fresh: frozenset[str]) -> bool:
    return any(not fresh.isdisjoint(known.handles) for known in incoming.event.customers)


def _of_incident(state: CaseState | None, incoming: Incoming[Any], links: Links, now: datetime) -> tuple[Outgoing, ...]:
    """What the event means for the incident that its parcel comes under, or is under."""
    news = links.hear(incoming.event, state, now)
    return tuple(incident_messages.parcels(news, incoming.id, now, incoming.traceparent)) if news else ()


def _unless_told(news: tuple[Outgoing, ...]) -> Decision[CaseState]:
    return Decision(messages=news) if news else IGNORED


def _concerns_key_account(event: Any, book: Book) -> bool:
    """An exception whose parcel is one of a key account's."""
    if not isinstance(event, ParcelExceptionRaised):
        return False
    until = book.key_until(owner_of(event.parcel))
    return until is not None and event.detected_at < until


def _is_new_contact(state: CaseState | None, event: Any) -> bool:
    return (state is None or state.reserved) and isinstance(event, Interaction)


def place_of(event: Any, book: Book, life: Life) -> str:
    """The id of the case that the event belongs to, or of the one that it opens."""
    own = _case_id(event)
    if own is not None and own in book.states:
        return own
    found = None
    if isinstance(event, Interaction):
        found = book.find_contact(event, life)
    elif isinstance(event, ParcelExceptionRaised):
        found = book.find_exception(event.parcel)
    elif isinstance(event, ParcelExceptionCleared):
        found = book.find_having(event.parcel, (event.exception_id,))
    elif isinstance(event, ParcelMoved):
        found = book.find_having(event.parcel, event.exception_ids)
    elif isinstance(event, MediaStored | MediaFailed):
        found = book.find_awaiting(event.ref)
    return found or own or "none"


def _keys(event: Any, life: Life, people: People) -> Iterable[str]:
    if isinstance(event, Interaction):
        return keys_of_contact(event, life, people)
    if isinstance(event, ParcelExceptionRaised | ParcelExceptionCleared | ParcelMoved):
        return keys_of_exception(event.parcel, people)
    return ()


def _case_id(event: Any) -> str | None:
    """The case that the event names, or that it opened before (a repeat) or would open."""
    if isinstance(event, Interaction):
        return contact.case_id_of(event)
    if isinstance(event, ParcelExceptionRaised | ParcelExceptionCleared):
        return parcel_news.case_id_of(event)
    if isinstance(event, ParcelSnapshot | SurveySubmitted):
        return event.case_id
    if isinstance(event, ClaimChanged):
        return event.claim.case_id
    return None


def _case_ids(event: Any) -> Iterable[str]:
    own = _case_id(event)
    if own is not None:
        yield own
    if isinstance(event, Interaction) and event.follows is not None:
        yield contact.case_opened_by(event.follows)


def _customers(events: Iterable[Any]) -> list[str]:
    """Whoever writes, or is concerned."""
    found: dict[str, None] = {}
    for event in events:
        if isinstance(event, Interaction):
            found[event.customer.customer_id] = None
        elif isinstance(event, ParcelExceptionRaised | ParcelExceptionCleared | ParcelMoved):
            found[owner_of(event.parcel).customer_id] = None
    return [customer_id for customer_id in found if not is_unknown_id(customer_id)]


def _spans(events: Iterable[Any]) -> Iterable[Span]:
    for event in events:
        number = event.case_number if isinstance(event, Interaction) else None
        span = id_range(number) if number else None
        if span is not None:
            yield span

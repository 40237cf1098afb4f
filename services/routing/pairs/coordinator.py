"""Looks at the cases of persons in doubt: merges what is one matter of one person, and parts what was merged of two."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import structlog

from services.routing.alias_store import AliasStore
from services.routing.aliases import Aliases
from services.routing.pairs.doubting import Doubt
from services.routing.pairs.doubts import Doubts
from services.routing.pairs.parting import part
from services.routing.pairs.uniting import are_two_persons, final, is_divided, unite
from services.routing.persons import People
from services.routing.record import messages, own_cause
from services.routing.rules import Rules
from services.routing.state import CaseState, ChangeSet
from services.routing.store import CaseStore
from services.routing.threading import Book, references
from shared.clock import Clock
from shared.messaging.attempts import Unavailable, attempt
from shared.messaging.handler import Session
from shared.messaging.outbox import Outbox
from shared.mongo import Database

log = structlog.get_logger()

LIMIT = 100


class Uniter:
    """What it does follows from who is who now, and from the cases as they stand: a doubt only says where to look, so
    a repeat does nothing."""

    def __init__(
        self,
        database: Database,
        store: CaseStore,
        outbox: Outbox,
        rules: Rules,
        clock: Clock,
        aliases: AliasStore,
        doubts: Doubts,
    ) -> None:
        self._database = database
        self._store = store
        self._outbox = outbox
        self._rules = rules
        self._clock = clock
        self._aliases = aliases
        self._doubts = doubts

    async def settle_due(self) -> None:
        """Until nothing more is due; what the database does not take now comes again."""
        while due := await self._doubts.due(LIMIT):
            held = await self._doubts.holders([key for doubt in due for key in doubt.keys])
            worth = [doubt for doubt in due if _is_worth_looking(doubt, held)]
            others = [doubt for doubt in due if doubt not in worth]
            await self._doubts.settled([doubt.cause for doubt in others if doubt.tries])
            for fresh in (doubt for doubt in others if not doubt.tries):
                # The contact that it is about may not be stored yet.
                await self._doubts.put_off(fresh)
            for doubt in worth:
                await self._try(doubt)

    async def _try(self, doubt: Doubt) -> None:
        try:
            await attempt(self._database, lambda session: self._settle(doubt, session), doubt.cause)
        except Unavailable:
            log.warning("cases_not_united", cause=doubt.cause)
            raise
        except Exception:
            # One that can't be decided must not hold up the others; it is looked at again, a few times.
            log.exception("uniting_failed", cause=doubt.cause)
            await self._doubts.put_off(doubt)

    async def _settle(self, doubt: Doubt, session: Session) -> None:
        states = await self._store.concerned((), session, doubt.keys)
        aliases = await self._aliases.of(_customers(states))
        found = await self._parted(states, aliases, doubt, session)
        parted = bool(found)
        found = found or unite(states, aliases, doubt.because, self._rules, self._clock.now())
        ids = [change.state.case.case_id for change in found]
        loaded = {s.case.case_id: s for s in await self._store.concerned(ids, session)} if ids else {}
        await self._store.save(final(found), loaded, session)
        now = self._clock.now()
        await self._outbox.add([m for one in found for m in messages(one, own_cause("who", one), now)], session)
        if parted:
            await self._doubts.add([doubt], session)
        elif _is_open(states, found):
            await self._doubts.put_off(doubt, session)
        else:
            await self._doubts.settled([doubt.cause], session)
        for change in found:
            log.info("case_of_one_person", case_id=change.state.case.case_id, change=change.changes[-1].type)

    async def _parted(
        self, states: Sequence[CaseState], aliases: Aliases, doubt: Doubt, session: Session
    ) -> list[ChangeSet]:
        """The first case that holds what a person brought who is another after all, without that."""
        for going in states:
            for entry in going.case.brought or ():
                if not are_two_persons(going.case.customer.customer_id, entry.customer_id, aliases):
                    continue
                (ended,) = await self._store.concerned((entry.case_id,), session) or (None,)
                pair = part(going, ended, doubt.because, self._rules, self._clock.now()) if ended else None
                if pair is not None:
                    return await self._with_keys(pair, aliases, session)
        return []

    async def _with_keys(
        self, pair: tuple[ChangeSet, ChangeSet], aliases: Aliases, session: Session
    ) -> list[ChangeSet]:
        """Each with the keys that it has a right to; the one that went on gives up the other's first."""
        life = self._rules.life
        people = People(life, aliases)
        keys = [key for change in pair for key in _keys(change.state, people, self._rules)]
        states = await self._store.concerned([c.state.case.case_id for c in pair], session, keys)
        book = Book(states, keys, people)
        return [replace(change, state=book.settle(change.state, life)) for change in pair]


def _keys(state: CaseState, people: People, rules: Rules) -> Iterable[str]:
    """All that a case may hold."""
    person = people.who(state.case.customer)
    yield from person.slots
    for reference in references(state.case.tracking_numbers, state.case.order_numbers, rules.life):
        yield reference
        yield from (f"{reference}:{i}" for i in person.ids)


def _is_worth_looking(doubt: Doubt, held: dict[str, str]) -> bool:
    """Two cases that may be one; one that may have to be parted."""
    return len({held[key] for key in doubt.keys if key in held}) >= (1 if doubt.parted else 2)


def _customers(states: Iterable[CaseState]) -> list[str]:
    brought = (b.customer_id for s in states for b in s.case.brought or ())
    return list(dict.fromkeys((*(s.case.customer.customer_id for s in states), *brought)))


def _is_open(states: Iterable[CaseState], found: Iterable[ChangeSet]) -> bool:
    """Whether two of the cases, as they stand now, may be one matter."""
    now = {s.case.case_id: s.case for s in states} | {c.state.case.case_id: c.state.case for c in found}
    return is_divided(now.values())

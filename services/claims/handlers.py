"""cases.v1 → claims: load, decide, save."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial

import structlog

from services.claims.case_seen import CaseSeen, Earlier, case_seen, may_concern
from services.claims.claim_file import ClaimFile
from services.claims.decide import CaseOpens, decide
from services.claims.indicators import Indicators
from services.claims.messages import messages_of
from services.claims.opening import kind_of
from services.claims.register import Register, customer_key, exact_keys, keys_seen
from services.claims.rulebook import RuleBook
from services.claims.store import CaseClaims, ClaimStore
from shared.clock import Clock
from shared.contracts.base import Contract
from shared.contracts.cases import CaseChanged, ContactAdded, MediaAdded
from shared.contracts.interactions import ClaimKind
from shared.messaging.handler import IGNORED, Decision, Session, fold
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.outcome import Outcome

log = structlog.get_logger()


class CasesHandler:
    """Group `claims` on cases.v1. Most records concern no claim and pass without a look at the database."""

    def __init__(self, store: ClaimStore, book: RuleBook, clock: Clock, indicators: Indicators) -> None:
        self._store = store
        self._book = book
        self._clock = clock
        self._indicators = indicators

    def aggregate_of(self, incoming: Incoming[CaseChanged]) -> str:
        return incoming.event.case.case_id

    def concerns(self, incoming: Incoming[Contract]) -> bool:
        """By the event alone: it calls for a claim, or brings files that an existing claim may wait for."""
        event = incoming.event
        if not isinstance(event, CaseChanged) or not may_concern(event):
            return False
        if any(isinstance(change, ContactAdded | MediaAdded) and change.attachments for change in event.changes):
            return True
        return kind_of(event.case, self._book.at(event.case.opened_at).opening) is not None

    async def __call__(self, batch: Sequence[Incoming[CaseChanged]], session: Session) -> Sequence[Outcome]:
        relevant = [incoming for incoming in batch if self.concerns(incoming)]
        cases = await self._store.of_cases({i.event.case.case_id for i in relevant}, session)
        register = Register(await self._earlier(relevant, cases.values(), session) if relevant else ())
        changed, outcomes = fold(
            batch,
            cases,
            self.aggregate_of,
            lambda incoming, _: incoming.event.case.case_id,
            partial(self._decide, register=register),
        )
        await self._store.save(_changed_files(changed.values(), cases), session)
        return outcomes

    async def _earlier(
        self, batch: Sequence[Incoming[CaseChanged]], known: Iterable[CaseClaims], session: Session
    ) -> list[Earlier]:
        exact = {key for incoming in batch for key in keys_seen(case_seen(incoming.event))}
        exact |= {key for claims in known for file in claims.files.values() for key in exact_keys(file)}
        customers = {customer_key(incoming.event.case.customer.customer_id) for incoming in batch}
        now = self._clock.now()
        days = self._book.at(now).fasttrack.signals.frequency.days
        return await self._store.earlier(exact, customers, now - timedelta(days=days), session)

    def _decide(
        self, state: CaseClaims | None, incoming: Incoming[CaseChanged], register: Register
    ) -> Decision[CaseClaims]:
        """Every claim of the case learns of the change; the kind that the case calls for is opened."""
        if not self.concerns(incoming):
            return IGNORED
        claims = state or CaseClaims({})
        seen = case_seen(incoming.event)
        wanted = kind_of(seen.case, self._book.at(seen.case.opened_at).opening)
        kinds = dict.fromkeys((*claims.files, *([wanted] if wanted else [])))
        messages: list[Outgoing] = []
        for kind in kinds:
            claims, produced = self._one(claims, kind, seen, incoming, register)
            messages += produced
        if state is None and not claims.files:
            return IGNORED
        return Decision(claims if claims is not state else None, tuple(messages))

    def _one(
        self,
        claims: CaseClaims,
        kind: ClaimKind,
        seen: CaseSeen,
        incoming: Incoming[CaseChanged],
        register: Register,
    ) -> tuple[CaseClaims, tuple[Outgoing, ...]]:
        now = self._clock.now()
        file = claims.files.get(kind)
        rules = self._book.at(file.claim.opened_at if file else seen.case.opened_at)
        keys = keys_seen(seen) | {customer_key(seen.case.customer.customer_id)} | (exact_keys(file) if file else set())
        told = CaseSeen(seen.case, seen.attachments, seen.answered, seen.cleared, register.about(keys))
        decision = decide(file, told if file else CaseOpens(told, kind), rules, now)
        if decision is None:
            return claims, ()
        register.note(decision.file)
        self._indicators.decided(decision, rules)
        return claims.with_file(decision.file), messages_of(decision, incoming.id, now, incoming.traceparent)


def _changed_files(after: Iterable[CaseClaims], before: dict[str, CaseClaims]) -> list[ClaimFile]:
    known = {id(file) for claims in before.values() for file in claims.files.values()}
    return [file for claims in after for file in claims.files.values() if id(file) not in known]

"""payment-requests.v1 → the provider → the claim: one payment per decision, whatever crashes (CL-7).

The provider is called before the transaction, under the decision's id as idempotency key; its answer becomes a change
of the claim in the transaction that also keeps the inbox row. A crash in between repeats the call, not the payment.
"""

import asyncio
from collections.abc import Mapping, Sequence

from services.claims.claim_file import ClaimFile
from services.claims.decide import decide
from services.claims.indicators import Indicators
from services.claims.messages import messages_of
from services.claims.payments import Payments
from services.claims.rulebook import RuleBook
from services.claims.settlement import PayoutAnswered
from services.claims.store import ClaimStore
from shared.clock import Clock
from shared.contracts.claims import PayoutRequested
from shared.messaging.handler import Decision, Handler, InvalidEvent, Session, TransientFailure, fold
from shared.messaging.message import Incoming
from shared.messaging.outcome import Outcome

Result = PayoutAnswered | TransientFailure | InvalidEvent | None
"""None: the decision was settled before, nothing is to be paid."""


def aggregate_of(incoming: Incoming[PayoutRequested]) -> str:
    return incoming.event.claim_id


class Payer:
    """Group `claims-payer` on payment-requests.v1."""

    def __init__(
        self,
        store: ClaimStore,
        payments: Payments,
        book: RuleBook,
        clock: Clock,
        indicators: Indicators,
    ) -> None:
        self._store = store
        self._payments = payments
        self._book = book
        self._clock = clock
        self._indicators = indicators

    async def perform(self, batch: Sequence[Incoming[PayoutRequested]]) -> Handler:
        """Pay what stands decided; the handler that stores the answers."""
        files = await self._store.by_id([incoming.event.claim_id for incoming in batch])
        results = await asyncio.gather(*(self._result(files.get(i.event.claim_id), i.event) for i in batch))
        return StoreAnswers(
            self._store, self._book, self._clock, {i.id: r for i, r in zip(batch, results, strict=True)}
        )

    async def _result(self, file: ClaimFile | None, order: PayoutRequested) -> Result:
        try:
            if not is_owed(file, order):
                return None
            answer = await self._payments.pay(order)
        except (TransientFailure, InvalidEvent) as error:
            self._indicators.answered("failed")
            return error
        self._indicators.answered(answer.status)
        return answer


def is_owed(file: ClaimFile | None, order: PayoutRequested) -> bool:
    """Whether the order is the open payment of the claim's latest decision. Raises `InvalidEvent` for an order
    that no decision gave: a record in the topic alone must not move money."""
    payout = file.claim.payout if file else None
    if file is None or payout is None or all(r.decision_id != order.decision_id for r in file.rulings):
        raise InvalidEvent("no such decision")
    if payout.decision_id != order.decision_id or payout.status in ("succeeded", "refused"):
        return False
    if payout.amount_fen != order.amount_fen or file.claim.payee != order.payee:
        raise InvalidEvent("amount or payee differ from the decision")
    return True


class StoreAnswers:
    """Inside the transaction: the answers that `perform` got become changes of the claims."""

    def __init__(self, store: ClaimStore, book: RuleBook, clock: Clock, results: Mapping[str, Result]) -> None:
        self._store = store
        self._book = book
        self._clock = clock
        self._results = results

    def aggregate_of(self, incoming: Incoming[PayoutRequested]) -> str:
        return aggregate_of(incoming)

    async def __call__(self, batch: Sequence[Incoming[PayoutRequested]], session: Session) -> Sequence[Outcome]:
        files = await self._store.by_id([incoming.event.claim_id for incoming in batch], session)
        changed, outcomes = fold(batch, files, aggregate_of, lambda incoming, _: incoming.event.claim_id, self._decide)
        await self._store.save(changed.values(), session)
        return outcomes

    def _decide(self, file: ClaimFile | None, incoming: Incoming[PayoutRequested]) -> Decision[ClaimFile]:
        if incoming.id not in self._results:
            raise TransientFailure("became free while the batch was paid")
        result = self._results[incoming.id]
        if isinstance(result, Exception):
            raise result
        if result is None or file is None:
            return Decision()
        now = self._clock.now()
        decision = decide(file, result, self._book.at(file.claim.opened_at), now)
        if decision is None:
            return Decision()
        return Decision(decision.file, messages_of(decision, incoming.id, now, incoming.traceparent))

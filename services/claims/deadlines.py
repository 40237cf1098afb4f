"""Deadlines: what is due is asked of the provider where money is under way, decided, and written with its messages."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

import structlog

from services.claims.claim_file import ClaimFile
from services.claims.decide import DeadlineReached, Decision, decide
from services.claims.messages import cause_of_act, messages_of
from services.claims.payments import Payments
from services.claims.rulebook import RuleBook
from services.claims.ruling import payout_order
from services.claims.settlement import PayoutAnswered
from services.claims.store import ClaimStore
from shared.clock import Clock
from shared.contracts.claims import ClaimState
from shared.messaging.handler import Conflict, InvalidEvent, Session, TransientFailure
from shared.messaging.outbox import Outbox
from shared.mongo import Database

log = structlog.get_logger()

BATCH = 500
CHUNK = 50
"""Claims per transaction: a conflict costs no more than these, and they come again at the next round."""

UNDER_WAY = (ClaimState.APPROVED, ClaimState.PARTLY_APPROVED)


class Deadlines:
    def __init__(
        self,
        store: ClaimStore,
        payments: Payments,
        book: RuleBook,
        clock: Clock,
        database: Database,
        outbox: Outbox,
    ) -> None:
        self._store = store
        self._payments = payments
        self._book = book
        self._clock = clock
        self._database = database
        self._outbox = outbox

    async def run(self) -> int:
        """Handle what is due now; returns how many claims were written."""
        due = await self._store.due(self._clock.now(), BATCH)
        standings = await asyncio.gather(*(self._answer(file) for file in due))
        answers = {file.claim.claim_id: standing for file, standing in zip(due, standings, strict=True)}
        written = 0
        for chunk in _chunks(due):
            try:
                written += await self._database.transaction(partial(self._write, chunk, answers))
            except Conflict:
                log.info("deadline_conflict", claims=len(chunk))
        return written

    async def _answer(self, file: ClaimFile) -> PayoutAnswered | TransientFailure | None:
        """How the payment stands, where one is under way or may have come back."""
        payout, state = file.claim.payout, file.claim.state
        if payout is None or state not in (*UNDER_WAY, ClaimState.PAID):
            return None
        try:
            if payout.provider_ref is not None:
                return await self._payments.standing(payout.decision_id, payout.provider_ref)
            return await self._payments.pay(payout_order(file, payout)) if state in UNDER_WAY else None
        except InvalidEvent:
            log.error("payout_key_reused", claim_id=file.claim.claim_id, decision_id=payout.decision_id)
            return None
        except TransientFailure as error:
            log.warning("payout_standing_unknown", claim_id=file.claim.claim_id, reason=str(error))
            return error

    async def _write(
        self,
        files: Sequence[ClaimFile],
        answers: dict[str, PayoutAnswered | TransientFailure | None],
        session: Session,
    ) -> int:
        now = self._clock.now()
        decisions = [d for file in files if (d := self._decide(file, answers[file.claim.claim_id], now))]
        await self._store.save([decision.file for decision in decisions], session)
        messages = [m for decision in decisions for m in messages_of(decision, cause_of_act(decision), now)]
        await self._outbox.add(messages, session)
        return len(decisions)

    def _decide(
        self, file: ClaimFile, answer: PayoutAnswered | TransientFailure | None, now: datetime
    ) -> Decision | None:
        rules = self._book.at(file.claim.opened_at)
        if isinstance(answer, PayoutAnswered) and (decision := decide(file, answer, rules, now)):
            return decision
        return decide(file, DeadlineReached(payment_unknown=isinstance(answer, TransientFailure)), rules, now)


def _chunks(files: Sequence[ClaimFile]) -> Iterator[Sequence[ClaimFile]]:
    for start in range(0, len(files), CHUNK):
        yield files[start : start + CHUNK]

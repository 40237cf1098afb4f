"""What people do: load the claim, decide, save and publish through the outbox, all in one transaction."""

from dataclasses import dataclass

from services.claims.adjudication import Adjudicated, Appealed, EvidenceDemanded, Withdrawn
from services.claims.claim_file import ClaimFile
from services.claims.decide import decide
from services.claims.messages import cause_of_act, messages_of
from services.claims.rulebook import RuleBook
from services.claims.store import ClaimStore
from shared.clock import Clock
from shared.messaging.handler import Conflict, Session
from shared.messaging.outbox import Outbox
from shared.mongo import Database

Act = Adjudicated | EvidenceDemanded | Withdrawn | Appealed


class NoSuchClaim(Exception):
    """No claim has this id."""


class Outdated(Exception):
    """The claim changed since the person saw it."""


@dataclass(frozen=True, slots=True)
class Acts:
    """The door for people, beside those for events and deadlines."""

    store: ClaimStore
    book: RuleBook
    clock: Clock
    database: Database
    outbox: Outbox

    async def perform(self, claim_id: str, revision: int, act: Act) -> ClaimFile:
        """The claim after the act. Raises `NoSuchClaim`, `Outdated`, or `Refused` with the reason."""

        async def work(session: Session) -> ClaimFile:
            file = await self._seen(claim_id, revision, session)
            now = self.clock.now()
            decision = decide(file, act, self.book.at(file.claim.opened_at), now)
            if decision is None:
                return file
            await self.store.save([decision.file], session)
            await self.outbox.add(messages_of(decision, cause_of_act(decision), now), session)
            return decision.file.model_copy(update={"revision": revision + 1})

        try:
            return await self.database.transaction(work)
        except Conflict as error:
            raise Outdated from error

    async def _seen(self, claim_id: str, revision: int, session: Session) -> ClaimFile:
        file = (await self.store.by_id([claim_id], session)).get(claim_id)
        if file is None:
            raise NoSuchClaim
        if file.revision != revision:
            raise Outdated
        return file

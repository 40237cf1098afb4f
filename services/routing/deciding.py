"""Cases decided on by themselves (timers, the assigner, the end of a shift): saved and announced in one go."""

from collections.abc import Callable, Iterable
from datetime import datetime

from services.routing.record import messages, own_cause
from services.routing.state import CaseState, ChangeSet
from services.routing.store import CaseStore
from shared.messaging.handler import Session
from shared.messaging.message import Outgoing
from shared.messaging.outbox import Outbox
from shared.turns import Turns


class Decisions:
    """Where the states and the messages of decisions go that no event caused."""

    def __init__(self, cases: CaseStore, outbox: Outbox) -> None:
        self._cases = cases
        self._outbox = outbox

    async def of_each(
        self,
        states: Iterable[CaseState],
        decide: Callable[[CaseState], ChangeSet | None],
        what: str,
        now: datetime,
        session: Session,
    ) -> list[ChangeSet]:
        """Those that were made; `decide` gives None where nothing follows, `what` names the cause. In between others
        have their turn. Raises `Conflict` where somebody else wrote one since it was loaded."""
        loaded: dict[str, CaseState] = {}
        found: list[ChangeSet] = []
        turns = Turns()
        for state in states:
            loaded[state.case.case_id] = state
            decision = decide(state)
            if decision is not None:
                found.append(decision)
            await turns.next()
        announced: list[Outgoing] = []
        for one in found:
            announced += messages(one, own_cause(what, one), now)
        await self._cases.save({one.state.case.case_id: one.state for one in found}, loaded, session)
        await self._outbox.add(announced, session)
        return found

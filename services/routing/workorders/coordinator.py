"""Moves of work orders: order, case and their announcements in one transaction, once each (RO-9)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import structlog

from services.routing.asked import StaleVersion, Unknown, UnknownCase
from services.routing.case import decide as decide_case
from services.routing.desk import KEEP_ANSWERS_S
from services.routing.record import SOURCE
from services.routing.record import messages as case_messages
from services.routing.rules import Rules
from services.routing.state import CaseState, OrderMoved
from services.routing.store import CaseStore
from services.routing.workorders.kinds import OrderRules
from services.routing.workorders.links import Grant, PartnerLinks
from services.routing.workorders.order import Decided, Event, TimeUp, decide
from services.routing.workorders.store import OrderStore
from shared.clock import Clock
from shared.contracts.base import derived_id
from shared.contracts.cases import Case
from shared.contracts.personal import Personal
from shared.contracts.topics import WORK_ORDERS
from shared.contracts.work_orders import (
    WORK_ORDER_CHANGED,
    OrderStanding,
    OwnerKind,
    WorkOrder,
    WorkOrderChanged,
)
from shared.messaging.attempts import attempt
from shared.messaging.handler import Conflict, Session
from shared.messaging.message import Outgoing, outgoing
from shared.messaging.outbox import Outbox
from shared.mongo import Database

log = structlog.get_logger()

AT_ONCE = 100

TOLD = frozenset({"opened", "sent", "warned", "overdue"})
"""Changes of which the owner is told, and gets the link with them."""


class UnknownOrder(Unknown):
    """There is no such work order."""


@dataclass(frozen=True, slots=True)
class Wish:
    """`version`: what the mover saw, of the order, or of the case where one is to be opened; `what` is all that was
    asked, so that the same request again is known. `event` makes the move, knowing the case and the order."""

    case_id: str | None
    order_id: str | None
    version: int
    by: str
    what: str
    event: Callable[[Case, WorkOrder | None], Event]

    @property
    def act_id(self) -> str:
        asked = sha256(f"{self.by}/{self.version}/{self.what}".encode()).hexdigest()
        return derived_id(self.order_id or f"open/{self.case_id}", asked)


@dataclass(frozen=True, slots=True)
class RuleMove:
    """`order_id` None: a new order."""

    order_id: str | None
    event: Event


ByRule = Callable[[Case], RuleMove | None]


class Coordinator:
    def __init__(
        self,
        database: Database,
        cases: CaseStore,
        outbox: Outbox,
        rules: Rules,
        clock: Clock,
        order_rules: OrderRules,
        links: PartnerLinks,
    ) -> None:
        self._database = database
        self._answers = database.collection("order_acts")
        self._cases = cases
        self._outbox = outbox
        self._rules = rules
        self._clock = clock
        self.order_rules = order_rules
        self.links = links
        self.orders = OrderStore(database)

    async def create_indexes(self) -> None:
        await self.orders.create_indexes()
        await self._answers.create_index("at", expireAfterSeconds=KEEP_ANSWERS_S)

    async def do(self, wish: Wish) -> WorkOrder:
        """The order after it; the same wish again gives the same answer and does nothing.

        Raises `DeskError`, `attempts.Unavailable` or `refusals.ActRefused`.
        """
        return await attempt(self._database, lambda session: self._once(wish, session), wish.order_id or "new")

    async def move_by_rule(self, case_id: str, rule: ByRule) -> bool:
        """What a rule makes of a case's orders, where it still wants it. False: somebody else was at the case; again
        with the next round. Raises `refusals.ActRefused` where the rule asks for what the tables do not allow."""
        try:
            await self._database.transaction(lambda session: self._by_rule(case_id, rule, session))
        except Conflict:
            log.info("order_rule_conflict", case_id=case_id)
            return False
        return True

    async def _by_rule(self, case_id: str, rule: ByRule, session: Session) -> None:
        state = await self._case(case_id, session)
        move = rule(state.case)
        if move is None:
            return
        now = self._clock.now()
        order = await self._order(move.order_id, session)
        decided = decide(order, move.event, self.order_rules, now)
        if decided is not None:
            cause = derived_id(case_id, f"rule/{state.case.version}")
            await self._keep(order, decided, state, cause, now, session)

    async def fire_all(self) -> None:
        """Tell of every order whose time limit ended, each in its own transaction."""
        while due := await self.orders.due(self._clock.now(), AT_ONCE):
            fired = [await self._fire(order_id) for order_id in due]
            if not all(fired) or len(due) < AT_ONCE:
                return

    async def _fire(self, order_id: str) -> bool:
        try:
            await self._database.transaction(lambda session: self._time_up(order_id, session))
        except Conflict:
            log.info("order_timer_conflict", order_id=order_id)
            return False
        except Exception:
            log.exception("order_timer_failed", order_id=order_id)
            return False
        return True

    async def _time_up(self, order_id: str, session: Session) -> None:
        order = await self.orders.get(order_id, session)
        if order is None:
            return
        now = self._clock.now()
        decided = decide(order, TimeUp(), self.order_rules, now)
        if decided is not None:
            state = await self._case(order.case_id, session)
            cause = derived_id(order_id, f"overdue/{decided.order.version}")
            await self._keep(order, decided, state, cause, now, session)

    async def _once(self, wish: Wish, session: Session) -> WorkOrder:
        answered = await self._answers.find_one({"_id": wish.act_id}, session=session)
        if answered is not None:
            return WorkOrder.model_validate_json(answered["answer"])
        order = await self._order(wish.order_id, session)
        state = await self._case(order.case_id if order else wish.case_id or "", session)
        if (order.version if order else state.case.version) != wish.version:
            raise StaleVersion
        now = self._clock.now()
        decided = decide(order, wish.event(state.case, order), self.order_rules, now)
        assert decided is not None, "a move changes the order, or is refused"
        await self._keep(order, decided, state, wish.act_id, now, session)
        answer = {"_id": wish.act_id, "answer": decided.order.model_dump_json(exclude_none=True)}
        await self._answers.insert_one({**answer, "at": datetime.now(UTC)}, session=session)
        return decided.order

    async def _keep(
        self, before: WorkOrder | None, decided: Decided, state: CaseState, cause: str, now: datetime, session: Session
    ) -> None:
        moved = OrderMoved(decided.order, tuple(change.type for change in decided.changes))
        found = decide_case(state, moved, self._rules, now)
        assert found is not None, "a case hears of each of its orders"
        case_id = state.case.case_id
        await self.orders.save(before, decided, now, session)
        await self._cases.save({case_id: found.state}, {case_id: state}, session)
        await self._outbox.add(
            [self._announced(before, decided, cause, now), *case_messages(found, cause, now)], session
        )

    async def _order(self, order_id: str | None, session: Session) -> WorkOrder | None:
        if order_id is None:
            return None
        order = await self.orders.get(order_id, session)
        if order is None:
            raise UnknownOrder
        return order

    async def _case(self, case_id: str, session: Session) -> CaseState:
        state = await self._cases.get(case_id, session)
        if state is None:
            raise UnknownCase
        return state

    def link(self, order: WorkOrder, now: datetime) -> tuple[str, datetime]:
        """Where its owner answers without an account, and how long that holds."""
        until = now + timedelta(hours=self.order_rules.link_hours)
        return self.links.page(Grant(order.order_id, order.owner, until)), until

    def _announced(self, before: WorkOrder | None, decided: Decided, cause: str, now: datetime) -> Outgoing:
        order, link = decided.order, None
        if order.owner.kind is not OwnerKind.HANDLER and TOLD & {change.type for change in decided.changes}:
            link = Personal(self.link(order, now)[0])
        stood = OrderStanding(owner=before.owner, status=before.status) if before else None
        changed = WorkOrderChanged(changes=decided.changes, order=order, at=now, link=link, before=stood)
        return outgoing(
            WORK_ORDERS, changed, type=WORK_ORDER_CHANGED, key=order.case_id, cause=cause, time=now, source=SOURCE
        )

"""Acts of many persons on one database: those that wait for their turn go together, in one transaction."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from shared.messaging.attempts import Unavailable, attempt
from shared.messaging.handler import Session
from shared.mongo import Database

AT_ONCE = 40
PATIENCE_S = 30.0

log = structlog.get_logger()
Q = TypeVar("Q")
A = TypeVar("A")

Settle = Callable[[Sequence[Q], Session], Awaitable[Sequence[A | Exception]]]
"""One answer per request, in order: what it gave, or why it is refused. Called again where the transaction is tried
again; must find its own earlier success, for it is unknown whether a commit that failed succeeded."""


@dataclass(frozen=True, slots=True)
class _Asked(Generic[Q, A]):
    request: Q
    answer: "asyncio.Future[A]"

    def settle(self, answer: A | BaseException) -> None:
        if self.answer.done():
            return
        if isinstance(answer, BaseException):
            self.answer.set_exception(answer)
        else:
            self.answer.set_result(answer)


class Together(Generic[Q, A]):
    """`database` in turns (`Database.in_turns`): what comes while a transaction runs waits, and is taken as a whole."""

    def __init__(self, database: Database, settle: Settle[Q, A], at_once: int = AT_ONCE) -> None:
        self._database = database
        self._settle = settle
        self._at_once = at_once
        self._waiting: deque[_Asked[Q, A]] = deque()
        self._rounds: asyncio.Task[None] | None = None

    async def do(self, request: Q) -> A:
        """Raises what it is refused with, or `Unavailable`: the same request may be sent again."""
        asked: _Asked[Q, A] = _Asked(request, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._while_any_waits())
        try:
            return await asyncio.wait_for(asked.answer, PATIENCE_S)
        except TimeoutError as error:
            raise Unavailable from error

    async def _while_any_waits(self) -> None:
        try:
            while self._waiting:
                await self._round()
        finally:
            self._rounds = None

    async def _round(self) -> None:
        """Whoever spoils a transaction spoils it for nobody else: each of them is tried alone then."""
        taken: list[_Asked[Q, A]] = []

        async def work(session: Session) -> Sequence[A | Exception]:
            # Only now: the turn may have been long in coming. A second run is for the same ones.
            taken[:] = taken or self._take()
            return await self._settle([asked.request for asked in taken], session)

        try:
            answers = await self._database.transaction(work)
        except Exception as error:  # noqa: BLE001 each of them is tried again, and told
            alone = taken or self._take()
            log.info("acts_one_by_one", acts=len(alone), error=type(error).__name__)
            await asyncio.gather(*(self._alone(asked) for asked in alone))
        else:
            for asked, answer in zip(taken, answers, strict=True):
                asked.settle(answer)

    def _take(self) -> list[_Asked[Q, A]]:
        """The next ones; who stopped waiting is left out."""
        taken: list[_Asked[Q, A]] = []
        while self._waiting and len(taken) < self._at_once:
            asked = self._waiting.popleft()
            if not asked.answer.done():
                taken.append(asked)
        return taken

    async def _alone(self, asked: _Asked[Q, A]) -> None:
        async def work(session: Session) -> A | Exception:
            (answer,) = await self._settle([asked.request], session)
            return answer

        try:
            asked.settle(await attempt(self._database, work, type(asked.request).__name__))
        except Exception as error:  # noqa: BLE001 told to who asked
            asked.settle(error)

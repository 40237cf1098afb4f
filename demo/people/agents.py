"""Agents at the desk: each reads the own queue, answers, asks back, resolves and closes, on the version just read."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from demo.people.api import Api, Reply, Unreachable
from demo.people.manner import answer, question, summary
from shared.clock import Clock

log = structlog.get_logger()

IDLE_S = 3.0
NEXT_S = 0.1
# Business minutes of work on a case by the channel it came by, from and to; a call was talked through before.
WORK_MINUTES = {"phone": (1, 3), "web": (1.5, 6), "email": (2, 8), "system": (1, 5)}
ASK_SHARE = 0.10
CLOSE_SHARE = 0.35
TAKE_SHARE = 0.15
MOVABLE = ("assigned", "waiting_customer")
Json = Mapping[str, Any]


@dataclass
class Agent:
    """One agent: a person of the roster with a token. `answered`: case → contacts it had when answered last; `stirred`:
    something was finished, or the page rang."""

    name: str
    groups: tuple[str, ...]
    api: Api
    clock: Clock
    rng: random.Random
    counts: Counter[str]
    answered: dict[str, int] = field(default_factory=dict)
    at_work: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    stirred: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                try:
                    await self.look()
                except Unreachable:
                    self.counts["desk unreachable"] += 1
                await self.rest()
        finally:
            for task in self.at_work.values():
                task.cancel()

    async def rest(self) -> None:
        """Until the page rings or a case is finished; a look now and then all the same."""
        try:
            async with asyncio.timeout(IDLE_S * self.rng.uniform(0.8, 1.2)):
                await self.stirred.wait()
        except TimeoutError:
            return
        await asyncio.sleep(NEXT_S)
        self.stirred.clear()

    async def look(self) -> bool:
        """Begins work on what is new in the own queue; True where there was something."""
        page = await self.api.get("/v1/cases", limit=50)
        begun = [case for case in page.content.get("cases", ()) if self.wants_work(case)]
        for case in begun:
            self.begin(case)
        if not begun and not self.at_work and self.rng.random() < TAKE_SHARE:
            return await self.take_one()
        return bool(begun)

    def wants_work(self, case: Json) -> bool:
        """New to this agent, or the customer wrote again since."""
        case_id = case["case_id"]
        if case["status"] not in MOVABLE or case_id in self.at_work:
            return False
        return bool(self.answered.get(case_id, -1) < case.get("contacts", 0))

    def begin(self, case: Json) -> None:
        task = asyncio.create_task(self.handle(case))
        self.at_work[case["case_id"]] = task
        task.add_done_callback(lambda done: self._ended(case["case_id"], done))

    def _ended(self, case_id: str, task: asyncio.Task[None]) -> None:
        self.at_work.pop(case_id, None)
        self.stirred.set()
        if not task.cancelled() and (error := task.exception()):
            log.warning("agent_stumbled", agent=self.name, error=f"{type(error).__name__}: {error}")

    async def take_one(self) -> bool:
        """Nobody gave anything: take the first of the group's queue, as idle agents do."""
        page = await self.api.get("/v1/cases", group=self.rng.choice(self.groups), status="queued", limit=1)
        for case in page.content.get("cases", ()):
            taken = await self.act(case, "take", {})
            self.counts["taken"] += taken.done
            return taken.done
        return False

    async def handle(self, case: Json) -> None:
        """Work, answer, work on, resolve. Somebody else's change in between means: look at it again."""
        await self.work(case)
        if case["status"] == "assigned" and self.rng.random() < ASK_SHARE and case["channel"] != "system":
            asked = await self.act(case, "wait", {"text": question(self.rng, case)})
            self._note(case, asked, "asked back")
            return
        replied = await self.act(case, "reply", {"text": answer(self.rng, case)})
        self._note(case, replied, "replied")
        if not replied.done:
            return
        await self.work(case, share=0.5)
        ending = "close" if self.rng.random() < CLOSE_SHARE else "resolve"
        ended = await self.act(replied.content, ending, {"summary": summary(self.rng, case)})
        self.counts[f"{ending}d"] += ended.done

    def _note(self, case: Json, reply: Reply, what: str) -> None:
        """What failed is looked at again with the next look at the queue."""
        if reply.done:
            self.answered[case["case_id"]] = case.get("contacts", 0)
            self.counts[what] += 1

    async def work(self, case: Json, share: float = 1.0) -> None:
        lowest, highest = WORK_MINUTES.get(case["channel"], (2, 8))
        minutes = self.rng.uniform(lowest, highest) * share
        await asyncio.sleep(minutes * 60 / self.clock.rate)

    async def act(self, case: Json, act: str, body: Json) -> Reply:
        """The act on the version that was read; once more on the newer one where somebody was faster."""
        path = f"/v1/cases/{case['case_id']}"
        reply = await self.api.act(f"{path}/{act}", body, f'"{case["version"]}"')
        if reply.status == 412:
            self.counts["read again"] += 1
            newer = await self.api.get(path)
            if newer.done and newer.content.get("status") in (*MOVABLE, "queued", "resolved"):
                reply = await self.api.act(f"{path}/{act}", body, newer.etag)
        if not reply.done:
            self.counts[f"{act} refused {reply.status}"] += 1
        return reply

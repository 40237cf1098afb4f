"""All gateways at work: bounded concurrency for each, retries with the same id, repeats of what was answered."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import structlog

from demo.gateways.answer import Answer, Later, Refused, Taken
from demo.gateways.backoff import pause_s
from demo.ledger import Ledger
from demo.sending import Route, Sending

log = structlog.get_logger()


class Gateway(Protocol):
    async def deliver(self, sending: Sending) -> Answer: ...


class Fleet:
    """`workers`: for each route the gateways that take its sendings in turn; one may stand there several times."""

    def __init__(self, workers: Mapping[Route, Sequence[Gateway]], ledger: Ledger, rng: random.Random) -> None:
        self.ledger = ledger
        self.rng = rng
        self.queues: dict[Route, asyncio.Queue[Sending]] = {route: asyncio.Queue() for route in workers}
        self.patience_ends = False
        self.settled = 0
        self.tasks = [
            asyncio.create_task(self._work(self.queues[route], gateway))
            for route, gateways in workers.items()
            for gateway in gateways
        ]

    def submit(self, sending: Sending) -> None:
        self.queues[sending.route].put_nowait(sending)

    @property
    def waiting(self) -> int:
        return sum(queue.qsize() for queue in self.queues.values())

    async def delivered(self) -> None:
        """Returns when everything submitted so far has its last answer."""
        await asyncio.gather(*(queue.join() for queue in self.queues.values()))

    async def all_answered(self, patience_s: float) -> None:
        """As `delivered`; but where nothing at all was settled for `patience_s`, what is left is given up."""
        everything = asyncio.ensure_future(self.delivered())
        settled = -1
        while not everything.done() and settled != self.settled:
            settled = self.settled
            await asyncio.wait([everything], timeout=patience_s)
        self.patience_ends = True
        await everything

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _work(self, queue: asyncio.Queue[Sending], gateway: Gateway) -> None:
        while True:
            sending = await queue.get()
            try:
                await deliver_all(sending, gateway, self.ledger, self.rng, lambda: self.patience_ends)
            except Exception as error:
                log.exception("gateway_failed", route=sending.route.value, error=type(error).__name__)
                self.ledger.given_up.append(sending)
            finally:
                self.settled += 1
                queue.task_done()


async def deliver_all(
    sending: Sending, gateway: Gateway, ledger: Ledger, rng: random.Random, impatient: Callable[[], bool]
) -> None:
    """The sending, as often as its gateway repeats it; each delivery until it has an answer that stands."""
    for number in range(sending.deliveries):
        answer = await until_answered(sending, gateway, ledger, rng, impatient)
        match answer:
            case Taken():
                ledger.taken(sending, answer)
                ledger.counts["repeated" if number else "delivered"] += 1
            case Refused():
                ledger.refusal(sending, answer)
                return
            case Later():
                # A repeat of what was taken before is nobody's loss.
                if number == 0:
                    ledger.given_up.append(sending)
                return


async def until_answered(
    sending: Sending, gateway: Gateway, ledger: Ledger, rng: random.Random, impatient: Callable[[], bool]
) -> Answer:
    attempt = 0
    while True:
        answer = await gateway.deliver(sending)
        if not isinstance(answer, Later) or impatient():
            return answer
        ledger.counts["retries"] += 1
        ledger.counts[f"retry after {answer.reason}"] += 1
        await asyncio.sleep(pause_s(rng, attempt, answer.after))
        attempt += 1

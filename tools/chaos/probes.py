"""Probes: contacts sent right after each strike, one for every partition, watched until their case is announced."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson
from aiokafka.partitioner import DefaultPartitioner

from demo.corpus import Intent
from demo.gateways.answer import Taken
from demo.gateways.fleet import until_answered
from demo.gateways.http import HttpGateway
from demo.ledger import Ledger
from demo.population import person
from demo.sending import Contact, Purpose, Route, Sending, print_of
from shared.contracts.topics import INTERACTIONS
from shared.security.identity import IdentityKey
from tools.chaos.plan import Strike

PHONE = "+86198000{:05d}"
"""A range that nobody of the load has."""
TEXT = "请问我的包裹到哪里了？"


@dataclass
class Probed:
    """A strike with its probes. Times are monotonic seconds; `interactions` are the probes that were accepted."""

    strike: Strike
    struck_at: float
    struck_clock: datetime
    interactions: list[str] = field(default_factory=list)
    sent: int = 0

    def recovery_s(self, seen_at: Mapping[str, float]) -> float | None:
        """Until the last probe had its case record; None where one never had."""
        if self.sent == 0 or len(self.interactions) < self.sent:
            return None
        moments = [seen_at.get(interaction) for interaction in self.interactions]
        known = [moment for moment in moments if moment is not None]
        return max(known) - self.struck_at if len(known) == len(moments) else None


class Prober:
    """Knows which customers' contacts go to which partition, as Kafka's default partitioner decides."""

    def __init__(self, gateway: HttpGateway, ledger: Ledger, rng: random.Random, run: str, secrets_dir: Path) -> None:
        self._gateway = gateway
        self._ledger = ledger
        self._rng = rng
        self._run = run
        self._identity = IdentityKey.load(secrets_dir)
        self._partition_of = DefaultPartitioner()
        self._people = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.impatient = False

    def begin(self, strike: Strike) -> Probed:
        """Sends one probe for each partition, and returns at once."""
        probed = Probed(strike, time.monotonic(), datetime.now(UTC))
        for sending in self._one_for_each_partition():
            probed.sent += 1
            task = asyncio.create_task(self._deliver(sending, probed))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return probed

    async def finished(self) -> None:
        await asyncio.gather(*self._tasks)

    async def _deliver(self, sending: Sending, probed: Probed) -> None:
        answer = await until_answered(sending, self._gateway, self._ledger, self._rng, lambda: self.impatient)
        if isinstance(answer, Taken) and answer.id:
            self._ledger.taken(sending, answer)
            probed.interactions.append(answer.id)

    def _one_for_each_partition(self) -> list[Sending]:
        partitions = list(range(INTERACTIONS.partitions))
        found: dict[int, Sending] = {}
        while len(found) < len(partitions):
            self._people += 1
            phone = PHONE.format(self._people)
            customer_id = self._identity.customer_id(phone_e164=phone)
            partition = self._partition_of(customer_id.encode(), partitions, None)
            if partition not in found:
                found[partition] = self._probe(phone)
        return list(found.values())

    def _probe(self, phone: str) -> Sending:
        at = datetime.now(UTC)
        data = {
            "customer": {"phone": phone, "email": f"probe{self._people}@example.com"},
            "text": TEXT,
            "occurred_at": at.isoformat(),
        }
        body = orjson.dumps({"type": "chat.message", "timestamp": at.isoformat(), "data": data})
        contact = Contact("web", person(self._rng, self._people, 0), Intent.WHERE, None, print_of(at, TEXT))
        probe_id = f"probe_{self._run}{self._people:06d}"
        return Sending(at, Route.WEB, Purpose.CONTACT, probe_id, body, contact=contact)


def recoveries(probed: list[Probed], seen_at: Mapping[str, float], of: Callable[[Probed], bool]) -> list[float]:
    """Seconds for each strike of a sort whose probes all arrived, shortest first."""
    found = [one.recovery_s(seen_at) for one in probed if of(one)]
    return sorted(seconds for seconds in found if seconds is not None)

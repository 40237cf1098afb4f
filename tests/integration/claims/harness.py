"""The claims service as processes, beside the payment simulator, on topics and a database of one test."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer
from motor.motor_asyncio import AsyncIOMotorClient

from services.claims.claim_file import ClaimFile
from services.claims.store import read
from shared.contracts.cases import CASE_CHANGED, CaseChanged
from shared.contracts.claims import CLAIM_CHANGED, PAYOUT_REQUESTED, ClaimChanged, PayoutRequested
from shared.contracts.topics import CASES, CLAIMS, PAYMENT_REQUESTS, Topic, ensure
from shared.messaging.message import outgoing
from shared.messaging.publisher import Publisher
from shared.security.tokens import issue_local
from tests.integration import asking, children
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.polling import poll
from tests.integration.running import Process
from tests.unit.claims.build import NOW
from tools.stack.ports import free_port


@dataclass
class Bench:
    infra: Infra
    names: FreshNames
    directory: Path
    secrets: Path
    processes: list[Process] = field(default_factory=list)
    sent: int = 0

    async def open(self) -> None:
        await ensure(self.infra.kafka, self.names.prefix)
        self.publisher = Publisher(self.infra.kafka, self.names.prefix)
        await self.publisher.start()
        self.mongo: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(self.infra.mongo_url, tz_aware=True)
        self.payment = await self.run("tools.simulators.payment", "payment")

    async def close(self) -> None:
        await self.publisher.stop()
        self.mongo.close()
        for process in self.processes:
            await process.end(signal.SIGKILL)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.infra.kafka,
            "MONGO_URL": self.infra.mongo_url,
            "SECRETS_DIR": str(self.secrets),
            "PAYMENT_TIMEOUT_S": "1",
            # Business time is that of the events, so that no deadline is over before the test has begun.
            "CLOCK_ANCHOR_SIM": NOW.isoformat(),
            **self.names.environment,
        }

    async def run(self, module: str, name: str, **environment: str) -> Process:
        port = free_port()
        own = {"HTTP_PORT": str(port), "INSTANCE": name, "STATE_DIR": str(self.directory / name), **environment}
        log = self.directory / f"{name}.log"
        child = await children.start(module, {**self.environment, **own}, log)
        process = Process(child, f"http://127.0.0.1:{port}", log)
        self.processes.append(process)
        await poll(process.ready, 90, what=f"{log} to be ready")
        return process

    async def service(self, name: str = "claims-0", rate: int = 1, **environment: str) -> Process:
        own = {
            "PAYMENT_URL": self.payment.url,
            "CLOCK_RATE": str(rate),
            "CLOCK_ANCHOR_REAL": datetime.now(UTC).isoformat(),
            **environment,
        }
        return await self.run("services.claims", name, **own)

    async def send(self, *events: CaseChanged, again: bool = False) -> None:
        """Each event under an id of its own, as routing gives it: derived from case and version."""
        messages = []
        for event in events:
            cause = f"{event.case.case_id}/{event.case.version}/{self.sent if again else 0}"
            self.sent += 1
            messages.append(
                outgoing(
                    CASES,
                    event,
                    type=CASE_CHANGED,
                    key=event.case.case_id,
                    cause=cause,
                    time=event.at,
                    source="routing",
                    traceparent=f"00-{'ab' * 16}-{'cd' * 8}-01",
                )
            )
        await self.publisher.publish(messages)

    async def order(self, order: PayoutRequested) -> None:
        """A payment request that no decision gave."""
        message = outgoing(
            PAYMENT_REQUESTS,
            order,
            type=PAYOUT_REQUESTED,
            key=order.claim_id,
            cause=order.decision_id,
            time=NOW,
            source="somebody",
        )
        await self.publisher.publish([message])

    async def records(self, topic: Topic) -> list[Any]:
        """Everything that stands in the topic now, by partition and offset."""
        consumer = AIOKafkaConsumer(
            self.names.topic(topic.name),
            bootstrap_servers=self.infra.kafka,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            ends = await consumer.end_offsets(consumer.assignment())
            found: list[Any] = []
            while any([await consumer.position(p) < end for p, end in ends.items()]):
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    found += batch
            return found
        finally:
            await consumer.stop()

    async def published(self) -> list[ClaimChanged]:
        """What claims.v1 says, each id once."""
        by_id: dict[bytes, ClaimChanged] = {}
        for record in await self.records(CLAIMS):
            headers = dict(record.headers)
            assert headers["ce_type"] == CLAIM_CHANGED.encode()
            by_id[headers["ce_id"]] = ClaimChanged.model_validate_json(record.value)
        return list(by_id.values())

    @property
    def claims(self) -> Any:
        return self.mongo[self.names.database("claims")]["claims"]

    async def files(self) -> list[ClaimFile]:
        return [read(row) async for row in self.claims.find({})]

    async def states(self) -> list[str]:
        return sorted([row["state"] async for row in self.claims.find({}, {"state": 1})])

    async def until_states(self, *states: str, seconds: float = 90) -> None:
        last: list[str] = []

        async def reached() -> bool:
            last[:] = await self.states()
            return last == sorted(states)

        try:
            await poll(reached, seconds)
        except AssertionError:
            raise AssertionError(f"states {last} instead of {sorted(states)}\n{self.logs()}") from None

    def logs(self) -> str:
        return "\n".join(p.log.read_text()[-1500:] for p in self.processes)

    @property
    def key(self) -> str:
        return (self.secrets / "payment.key").read_text().strip()

    async def provider(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        async with asking.client(headers=headers) as client:
            return (await client.get(f"{self.payment.url}{path}")).json()

    async def faults(self, which: str, **shares: float) -> None:
        headers = {"Authorization": f"Bearer {self.key}"}
        async with asking.client(headers=headers) as client:
            answer = await client.put(f"{self.payment.url}/v1/faults/{which}", json=shares)
            assert answer.status_code == 204, answer.text

    def token(self, subject: str, *roles: str) -> str:
        return issue_local(self.secrets, subject, roles or ("adjudicator",))

    async def reconciled(self, *arguments: str) -> tuple[int, str]:
        """The command's exit code and what it printed."""
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.claims.reconcile",
            *arguments,
            env={**self.environment, "PAYMENT_URL": self.payment.url, "COLUMNS": "160"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await child.communicate()
        assert child.returncode is not None
        return child.returncode, output.decode()


@dataclass
class Caller:
    """A person at the API."""

    url: str
    token: str

    async def get(self, path: str, **params: str) -> httpx.Response:
        return await self._send("GET", path, params=params)

    async def post(self, path: str, body: Any = None, seen: str | None = None) -> httpx.Response:
        headers = {"If-Match": seen} if seen else {}
        return await self._send("POST", path, json=body, headers=headers)

    async def _send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **kwargs: Any
    ) -> httpx.Response:
        head = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        async with asking.client() as client:
            return await client.request(method, self.url + path, headers=head, timeout=15, **kwargs)


def case_ids(count: int) -> Sequence[str]:
    return [f"{n:08x}-0000-5000-8000-000000000000" for n in range(1, count + 1)]

"""Processes of routing on topics and a database of one test; contacts for them, and what they left behind."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from motor.motor_asyncio import AsyncIOMotorClient

from shared.clock import Clock
from shared.contracts import customers, parcels
from shared.contracts.base import Contract
from shared.contracts.cases import Case, CaseChanged
from shared.contracts.customers import CustomerEvent
from shared.contracts.interactions import INTERACTION_RECEIVED, Interaction
from shared.contracts.orders import ORDER_CHANGED, OrderEvent
from shared.contracts.topics import (
    CASES,
    CUSTOMERS,
    INTERACTIONS,
    ORDER_EVENTS,
    PARCEL_EVENTS,
    PARCEL_EXCEPTIONS,
    Topic,
    ensure,
)
from shared.messaging.message import Outgoing, outgoing
from shared.messaging.publisher import Publisher
from shared.security.tokens import issue_local
from tests.integration import asking, children
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.polling import poll
from tests.integration.reading import records_of
from tests.integration.running import Process
from tools.secret_files import ensure as ensure_secrets
from tools.stack.ports import free_port

CUSTOMER_TYPES: Mapping[type[Contract], str] = {model: name for name, model in customers.TYPES.items()}
EXCEPTION_TYPES: Mapping[type[Contract], str] = {model: name for name, model in parcels.EXCEPTION_TYPES.items()}


@dataclass
class Bench:
    """`clock`: the business time that all processes share."""

    infra: Infra
    names: FreshNames
    directory: Path
    clock: Clock = field(default_factory=Clock)
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.secrets = self.directory / "secrets"
        self.publisher = Publisher(self.infra.kafka, self.names.prefix)
        self._client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(self.infra.mongo_url, tz_aware=True)

    async def open(self) -> None:
        ensure_secrets(self.secrets)
        await ensure(self.infra.kafka, self.names.prefix)
        await self.publisher.start()

    async def close(self) -> None:
        for process in self.processes:
            await process.end()
        await self.publisher.stop()
        self._client.close()

    @property
    def database(self) -> Any:
        return self._client[self.names.database("routing")]

    def forward(self, to: datetime) -> None:
        """All processes are dead: those that are started from now on live from `to` on."""
        assert all(process.child.returncode is not None for process in self.processes)
        self.clock = replace(self.clock, anchor_real=datetime.now(UTC), anchor_sim=max(to, self.clock.now()))

    async def start(self, count: int = 1, **environment: str) -> list[Process]:
        """That many more processes; returns once they are ready."""
        started = [await self.spawn(**environment) for _ in range(count)]
        for process in started:
            await poll(process.ready, 90, what=f"routing ready; see {process.log}")
        return started

    async def spawn(self, **environment: str) -> Process:
        """One more process, not waited for."""
        port, number = free_port(), len(self.processes)
        log = self.directory / f"routing-{number}.log"
        own = {
            "KAFKA_BOOTSTRAP_SERVERS": self.infra.kafka,
            "MONGO_URL": self.infra.mongo_url,
            "SECRETS_DIR": str(self.secrets),
            "STATE_DIR": str(self.directory / f"state-{number}"),
            "HTTP_PORT": str(port),
            "INSTANCE": f"routing-{number}",
            "TIMER_INTERVAL_S": "0.2",
            "ASSIGN_INTERVAL_S": "0.2",
            **self._clock_settings(),
        }
        child = await children.start("services.routing", {**self.names.environment, **own, **environment}, log)
        process = Process(child, f"http://127.0.0.1:{port}", log)
        self.processes.append(process)
        return process

    def _clock_settings(self) -> dict[str, str]:
        if self.clock.anchor_real is None or self.clock.anchor_sim is None:
            return {}
        return {
            "CLOCK_RATE": str(self.clock.rate),
            "CLOCK_ANCHOR_REAL": self.clock.anchor_real.isoformat(),
            "CLOCK_ANCHOR_SIM": self.clock.anchor_sim.isoformat(),
        }

    async def send(self, *events: Contract) -> None:
        """Publish contacts and news of parcels, each under its own id: sent again, it is the same event."""
        await self.publisher.publish([_message(event) for event in events])

    async def cases(self) -> dict[str, Case]:
        """The stored cases by id."""
        return {row["_id"]: Case.model_validate_json(row["case"]) async for row in self.database["cases"].find()}

    async def documents(self) -> dict[str, dict[str, Any]]:
        return {row["_id"]: row async for row in self.database["cases"].find()}

    async def read(self, topic: Topic) -> list[Any]:
        """Every record that the topic holds now."""
        return await records_of(topic, self.names, self.infra.kafka)

    async def published(self) -> list[CaseChanged]:
        """The records of cases.v1, each event once, by case and version."""
        unique = {dict(r.headers)["ce_id"]: CaseChanged.model_validate_json(r.value) for r in await self.read(CASES)}
        return sorted(unique.values(), key=lambda changed: (changed.case.case_id, changed.case.version))

    async def told(self) -> list[CaseChanged]:
        """What `published` gives, once it tells every version that is stored now; of reserved cases nothing is told."""

        async def all_told() -> list[CaseChanged] | None:
            rows = (await self.documents()).values()
            stored = {(row["_id"], row["version"]) for row in rows if not row.get("reserved")}
            published = await self.published()
            return published if stored <= {(r.case.case_id, r.case.version) for r in published} else None

        return list(await poll(all_told, 30, what="every stored version is told"))

    async def changes(self, case_id: str) -> list[str]:
        """What befell a case, in order; of a clock its kind and what befell it."""
        return [
            f"{c.clock}:{c.change}" if c.type == "clock" else c.type
            for record in await self.published()
            if record.case.case_id == case_id
            for c in record.changes
        ]

    async def lookups(self) -> list[dict[str, Any]]:
        return [json.loads(r.value) for r in await self.read(PARCEL_EVENTS)]

    def desk(self, process: Process, subject: str, *roles: str) -> "DeskClient":
        token = issue_local(self.secrets, subject, roles) if roles else ""
        return DeskClient(process.url, token)


@dataclass
class DeskClient:
    """What an agent's page does, over HTTP."""

    url: str
    token: str

    async def get(self, path: str, **query: str) -> httpx.Response:
        async with asking.client() as client:
            return await client.get(self.url + path, params=query, headers=self._headers(), timeout=15)

    async def post(self, path: str) -> httpx.Response:
        async with asking.client() as client:
            return await client.post(self.url + path, headers=self._headers(), timeout=15)

    async def act(
        self,
        case_id: str,
        name: str,
        body: Any = None,
        *,
        version: int | str | None = None,
        key: str | None = "new",
    ) -> httpx.Response:
        headers = self._headers()
        if version is not None:
            headers["If-Match"] = f'"{version}"' if isinstance(version, int) else version
        if key is not None:
            headers["Idempotency-Key"] = uuid4().hex if key == "new" else key
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        async with asking.client() as client:
            url = f"{self.url}/v1/cases/{case_id}/{name}"
            return await client.post(url, content=content, headers=headers, timeout=15)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def _message(event: Contract) -> Outgoing:
    if isinstance(event, Interaction):
        return _outgoing(INTERACTIONS, event, INTERACTION_RECEIVED, event.customer.customer_id, event.interaction_id)
    if isinstance(event, OrderEvent):
        cause = f"{event.shop}/{event.order_number}/{event.stage}"
        return _outgoing(ORDER_EVENTS, event, ORDER_CHANGED, event.order_number, cause)
    if isinstance(event, CustomerEvent):
        return _outgoing(CUSTOMERS, event, CUSTOMER_TYPES[type(event)], event.customer_id, str(event.version))
    kind = EXCEPTION_TYPES[type(event)]
    if isinstance(event, parcels.ParcelSnapshot):
        return _outgoing(PARCEL_EXCEPTIONS, event, kind, event.tracking_number, event.case_id)
    if isinstance(event, parcels.ParcelMoved):
        cause = f"{event.exception_ids}/{event.parcel.node}"
        return _outgoing(PARCEL_EXCEPTIONS, event, kind, event.parcel.tracking_number, cause)
    assert isinstance(event, parcels.ParcelExceptionRaised | parcels.ParcelExceptionCleared)
    return _outgoing(PARCEL_EXCEPTIONS, event, kind, event.parcel.tracking_number, event.exception_id)


def _outgoing(topic: Topic, event: Contract, kind: str, key: str, cause: str) -> Outgoing:
    return outgoing(topic, event, type=kind, key=key, cause=cause, time=datetime.now(UTC), source="test")


def versions(records: Iterable[CaseChanged]) -> dict[str, Sequence[int]]:
    """The versions of each case, in the order of the records."""
    found: dict[str, list[int]] = {}
    for record in records:
        found.setdefault(record.case.case_id, []).append(record.case.version)
    return dict(found)

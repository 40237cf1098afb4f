"""What every service is made of: broker, producer, database, loops, periodic work, health, one ASGI app."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import uuid4

import structlog
import uvicorn
from faststream.asgi import AsgiFastStream
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shared import garbage
from shared.contracts.topics import Topic
from shared.health import Check, health_routes
from shared.http_connection import connection
from shared.kafka_security import KafkaSecurity
from shared.messaging.consumers import PACE_S, Consumers, Surroundings
from shared.messaging.handler import Handler
from shared.messaging.joining import JoiningBroker
from shared.messaging.lease import Lease
from shared.messaging.message import Incoming
from shared.messaging.outbox import Outbox
from shared.messaging.outcome import Dead, Done, Ignored
from shared.messaging.processor import PartitionProcessor
from shared.messaging.publisher import Publisher
from shared.messaging.record import Parser
from shared.messaging.retry import RetryPolicy
from shared.messaging.transactional import Perform
from shared.messaging.watchdog import check
from shared.mongo import Database, connect
from shared.patience import until_reached
from shared.settings import CommonSettings
from shared.telemetry import configure_logging
from shared.tracing import Tracing
from shared.web import problem_handlers, told

log = structlog.get_logger()

Periodic = Callable[[], Coroutine[Any, Any, object]]
RELAY_INTERVAL_S = 0.02
RELAY_OTHERS_S = 0.25
"""How often the outbox is looked into for acts of other processes of the service."""
SWITCH_INTERVAL_S = 0.0005
"""The database's driver works in threads, each of whose steps waits so long for an event loop that computes; Python's
own 5 ms add up over the steps of a transaction."""
RETRY_BACKOFF_MS = 250
"""While Kafka is away; the driver's own 100 ms keep a small machine from starting it again."""
S = TypeVar("S", bound=CommonSettings)


class Runtime:
    """Built once, in `create_app`; nothing connects before the app starts. Without `consume` it reads no groups."""

    def __init__(self, name: str, settings: CommonSettings, consume: bool = True) -> None:
        configure_logging(name, settings.instance, settings.log_level)
        self.name = name
        self.settings = settings
        self.clock = settings.clock
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.tracing = Tracing(name, settings.instance, settings.otel_exporter_otlp_endpoint)
        self._client = connect(settings.mongo_url)
        self.database = Database(self._client, f"{settings.database_prefix}{name}")
        self.outbox = Outbox(self.database)
        self.kafka_security = KafkaSecurity.of(settings)
        client_id = f"parcelcare-{name}-{settings.instance}"
        self._broker = JoiningBroker(
            settings.kafka_bootstrap_servers,
            consumer_only=True,
            allow_auto_create_topics=False,
            apply_types=False,  # a handler has one argument: what FastStream would look up in a thread, for each batch
            logger=None,
            graceful_timeout=10.0,
            retry_backoff_ms=RETRY_BACKOFF_MS,
            client_id=client_id,
            security=self.kafka_security.faststream(),
        )
        self.publisher = Publisher(
            settings.kafka_bootstrap_servers, settings.topic_prefix, client_id, security=self.kafka_security
        )
        self._lease = Lease(self.database, f"{name}-periodic", f"{settings.instance}/{uuid4()}")
        self._leading = False
        self._periodic: list[tuple[str, float, Periodic, bool]] = []
        self._on_start: list[Callable[[], Awaitable[object]]] = [self.outbox.create_indexes]
        self._on_stop: list[Callable[[], Awaitable[object]]] = []
        self._routes: list[BaseRoute] = []
        self._direct: dict[str, ASGIApp] = {}
        self.checks: dict[str, Check] = {"database": self.database.ping}
        """Conditions of readiness by name: each raises as long as it does not hold."""
        self._tasks: list[asyncio.Task[None]] = []
        self.consumers = Consumers(
            Surroundings(
                source=name,
                settings=settings,
                broker=self._broker,
                database=self.database,
                outbox=self.outbox,
                publisher=self.publisher,
                registry=self.registry,
                tracing=self.tracing,
                every=self.every,
                on_start=self.on_start,
                consume=consume,
            )
        )
        self.every("outbox", RELAY_INTERVAL_S, self._relay)

    def consume(
        self,
        *topics: Topic,
        group: str,
        handler: Handler,
        concerns: Callable[[Incoming[Any]], bool] | None = None,
        policy: RetryPolicy | None = None,
        pace_s: float = PACE_S,
        database: Database | None = None,
    ) -> None:
        """The transactional loop: inbox, parking, dead letters; one effect per event.

        Batches begin at least `pace_s` apart: more where nobody waits for the result. `database`: the service's own,
        with transactions in turns (`Database.in_turns`), where several groups write the same documents.
        """
        self.consumers.transactional(
            topics, group, handler.aggregate_of, handler, None, concerns, policy, pace_s, database=database
        )

    def consume_effect(
        self,
        *topics: Topic,
        group: str,
        aggregate_of: Callable[[Incoming[Any]], str],
        perform: Perform,
        policy: RetryPolicy | None = None,
        records: int | None = None,
        parser: Parser | None = None,
    ) -> None:
        """As `consume`, for effects outside: `perform` calls the provider (idempotency key!) before the
        transaction, for fresh records only, and returns the handler that stores the results. Where an effect takes
        long, batches of fewer `records` leave the rest to Kafka. `parser`: for what are no events of ours."""
        self.consumers.transactional(
            topics, group, aggregate_of, None, perform, None, policy, records=records, parser=parser
        )

    def consume_stateless(
        self,
        *topics: Topic,
        group: str,
        parser: Parser,
        handle: Callable[[Incoming[Any]], Done | Ignored | Dead],
        pace_s: float = PACE_S,
    ) -> None:
        """A pure function per record; ids of what it produces are derived, so a repeat is dropped downstream."""
        self.consumers.stateless(topics, group, parser, handle, pace_s)

    def consume_partitioned(
        self,
        topic: Topic,
        *,
        group: str,
        processor: PartitionProcessor,
        parser: Parser | None = None,
        pace_s: float = PACE_S,
    ) -> None:
        """State that belongs to the partition; the processor publishes by itself and learns of rebalances."""
        self.consumers.partitioned(topic, group, processor, parser, pace_s)

    def every(self, name: str, seconds: float, work: Periodic, leader: bool = True) -> None:
        """Run `work` every so many real seconds; with `leader`, in one process of the service only."""
        self._periodic.append((name, seconds, work, leader))

    def on_start(self, work: Callable[[], Awaitable[object]]) -> None:
        """Run before the consumers start, e.g. to create indexes."""
        self._on_start.append(work)

    def on_stop(self, work: Callable[[], Awaitable[object]]) -> None:
        """Run after the consumers have stopped, the last one first, e.g. to close a client."""
        self._on_stop.append(work)

    def mount(self, routes: Sequence[BaseRoute]) -> None:
        self._routes.extend(routes)

    def mount_direct(self, prefix: str, app: ASGIApp) -> None:
        """All paths below `prefix`, past Starlette: its middleware and router cost as much as reading a contact."""
        self._direct[prefix] = told(app)

    async def _relay(self) -> None:
        while await self.outbox.relay(self.publisher) > 0:
            pass
        await self.outbox.expecting(RELAY_OTHERS_S)

    def app(self) -> ASGIApp:
        """The FastStream ASGI app with the service's routes in it."""
        faststream = AsgiFastStream(
            self._broker, lifespan=self._lifespan, on_shutdown=[self.consumers.stop], logger=None
        )
        health = health_routes(self.consumers.states, self.checks)
        web = Starlette(
            routes=[*health, Route("/metrics", self._metrics), *self._routes],
            exception_handlers=problem_handlers(),
        )

        def app_of(scope: Scope) -> ASGIApp:
            if scope["type"] == "lifespan":
                return faststream
            path: str = scope["path"]
            return next((app for prefix, app in self._direct.items() if path.startswith(prefix)), web)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await app_of(scope)(scope, receive, send)

        return app

    async def _metrics(self, request: Request) -> Response:
        self.consumers.observe_lag()
        body = await asyncio.to_thread(generate_latest, self.registry)
        return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8")

    @asynccontextmanager
    async def _lifespan(self) -> AsyncIterator[None]:
        for work in (self.publisher.start, *self._on_start):
            await until_reached(work)
        self._tasks.append(asyncio.create_task(self._keep_lease()))
        for name, seconds, periodic, leader in self._periodic:
            self._tasks.append(asyncio.create_task(self._run(name, seconds, periodic, leader)))
        self._tasks.append(asyncio.create_task(self._watch()))
        log.info("started")
        try:
            yield
        finally:
            await self._close()

    async def _close(self) -> None:
        await end(self._tasks)
        for work in reversed(self._on_stop):
            await work()
        await self._lease.release()
        await self.publisher.stop()
        self._client.close()
        self.tracing.shutdown()
        log.info("stopped")

    async def _keep_lease(self) -> None:
        while self.consumers.consume:
            try:
                self._leading = await self._lease.acquire()
            except Exception as error:  # noqa: BLE001 no lease, no leading: another takes over
                self._leading = False
                log.warning("lease_lost", error=type(error).__name__)
            await asyncio.sleep(1.0)

    async def _run(self, name: str, seconds: float, work: Periodic, leader: bool) -> None:
        while True:
            if self._leading or not leader:
                try:
                    await work()
                except Exception as error:  # noqa: BLE001 recorded, and the work comes again
                    log.warning("periodic_failed", work=name, error=f"{type(error).__name__}: {error}")
                    await asyncio.sleep(0.5)
            await asyncio.sleep(seconds)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(5.0)
            check(self.consumers.watched())


async def end(tasks: Iterable["asyncio.Task[None]"]) -> None:
    """Cancel until they have ended: `asyncio.wait_for` loses a cancellation that meets its result (Python < 3.12)."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=1.0)


def serve(create_app: Callable[[S], ASGIApp], settings_class: type[S]) -> None:
    """Run a service until SIGTERM: it stops reading, finishes the batch in hand, and ends."""
    settings = settings_class()
    app = create_app(settings)
    garbage.settle()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    uvicorn.run(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        loop="uvloop",
        http=connection(settings.request_limits),
        ws="none",
        timeout_graceful_shutdown=5,
    )

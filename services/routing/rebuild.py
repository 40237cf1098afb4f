"""`python -m services.routing.rebuild`: cases, work orders, incidents, who is who, all again from Kafka (SY-9).

Run it while no routing process runs; then start the service. Inbox and offsets stay, so nothing is handled again.
What the last batches had stored but may not have published yet is published first: the topics then know all of it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import typer
from aiokafka import ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient

from services.routing import due, rule_files
from services.routing.alias_store import AliasStore
from services.routing.aliases import newest
from services.routing.incidents import wiring as incidents
from services.routing.incidents.rules import IncidentRules
from services.routing.incidents.store import IncidentStore
from services.routing.key_accounts.handlers import OrderHandler
from services.routing.key_accounts.recount import Recount
from services.routing.key_accounts.store import VolumeStore
from services.routing.key_accounts.wiring import ORDERS_GROUP
from services.routing.legal import restoring
from services.routing.legal.store import Register
from services.routing.legal.wiring import CLAIMS_GROUP
from services.routing.rules import Rules
from services.routing.settings import Settings
from services.routing.state import CaseState
from services.routing.store import CaseStore
from services.routing.wiring import CONTACTS_GROUP, CUSTOMERS_GROUP, EXCEPTIONS_GROUP
from services.routing.workorders.store import OrderStore
from shared.contracts.cases import CaseChanged
from shared.contracts.customers import CustomerEvent
from shared.contracts.incidents import IncidentChanged, IncidentParcel
from shared.contracts.orders import OrderEvent
from shared.contracts.topics import CASES, CUSTOMERS, INCIDENTS, ORDER_EVENTS, WORK_ORDERS
from shared.contracts.work_orders import WorkOrderChanged
from shared.kafka_security import KafkaSecurity
from shared.messaging.inbox import Inbox
from shared.messaging.message import Incoming
from shared.messaging.outbox import Outbox
from shared.messaging.publisher import Publisher
from shared.messaging.rebuilding import RebuildRefused, partitions_of, refuse_while_running
from shared.messaging.record import Malformed, cloud_event_parser
from shared.messaging.whole import whole
from shared.mongo import Database, connect

GROUPS = (CONTACTS_GROUP, EXCEPTIONS_GROUP, CUSTOMERS_GROUP, CLAIMS_GROUP, ORDERS_GROUP)
TOPICS = (CASES, WORK_ORDERS, INCIDENTS, CUSTOMERS, ORDER_EVENTS)
COLLECTIONS = (
    "cases",
    "work_orders",
    "work_order_changes",
    "incidents",
    "incident_changes",
    "incident_customers",
    "customer_aliases",
    "customer_volumes",
    "legal_deadlines",
)
"""The counts of exceptions stay as they are: what they say of the usual rate is in no topic for so long."""
IN_FLIGHT_S = 900.0
"""A batch is published within so long after it was stored, or not before the service starts again."""


@dataclass
class Rebuilt:
    """How many events of each topic were read."""

    events: dict[str, int] = field(default_factory=lambda: dict.fromkeys((t.name for t in TOPICS), 0))
    unreadable: int = 0


@dataclass(frozen=True)
class Restorer:
    """Everything that routing keeps of what its topics tell."""

    database: Database
    rules: Rules
    cases: CaseStore
    orders: OrderStore
    incidents: IncidentStore
    aliases: AliasStore
    volumes: VolumeStore
    register: Register

    @staticmethod
    def of(database: Database, rules: Rules, incident_rules: IncidentRules) -> "Restorer":
        cases, incidents = CaseStore(database, rules.roster), IncidentStore(database, incident_rules)
        aliases, volumes = AliasStore(database), VolumeStore(database)
        orders, register = OrderStore(database), Register(database)
        return Restorer(database, rules, cases, orders, incidents, aliases, volumes, register)

    async def forget(self) -> None:
        for name in COLLECTIONS:
            await self.database.collection(name).drop()

    async def take(self, read: Sequence[Incoming[Any]], settings: Settings) -> None:
        """In whatever order: of a case, a work order or a person the highest version holds; parcels are a set."""
        now, events = settings.clock.now(), [incoming.event for incoming in read]
        parcels = [event for event in events if isinstance(event, IncidentParcel)]
        cases = [self._state(event, now) for event in events if isinstance(event, CaseChanged)]
        await self.cases.restore([*cases, *(state for event in parcels if (state := _waiting(event)) is not None)])
        await self.incidents.restore([event for event in events if isinstance(event, IncidentChanged)], parcels)
        await restoring.take(self.register, [event.case for event in events if isinstance(event, CaseChanged)])
        orders = [e for e in events if isinstance(e, WorkOrderChanged)]
        if orders:
            await self.orders.restore(orders)
        people = newest(event for event in events if isinstance(event, CustomerEvent))
        if people:
            await self.database.transaction(lambda session: self.aliases.save(people, session))
        shops = [incoming for incoming in read if isinstance(incoming.event, OrderEvent)]
        await OrderHandler(self.volumes, self.rules.key_accounts, settings.clock)(shops, None)

    def _state(self, event: CaseChanged, now: datetime) -> CaseState:
        keys = due.keys_left(event.case, event.keys, self.rules.life, now)
        return CaseState(event.case, due.next_due(event.case, keys, self.rules.calendar), keys)

    async def finish(self, settings: Settings) -> None:
        """Indexes last: while events are read, two cases may hold a key that went from one to the other."""
        for kept in (self.cases, self.orders, self.incidents, self.register, self.volumes, self.aliases):
            await kept.create_indexes()
        parts = (self.database, self.aliases, self.volumes, self.rules.key_accounts)
        await Recount(*parts, settings.clock).recount()
        await restoring.finish(self.register, self.cases)


def _waiting(event: IncidentParcel) -> CaseState | None:
    """The reserved case that the news tells of; where it was opened, its own events are newer."""
    if event.waiting is None:
        return None
    return CaseState(event.waiting, None, event.keys, reserved=True, released=event.reason == "moved_on")


async def rebuild(settings: Settings) -> Rebuilt:
    """Raises `RebuildRefused`, and what Kafka and the database raise: then run it again."""
    rules = rule_files.load(settings.rules_dir, settings.clock.now().date())
    security = KafkaSecurity.of(settings)
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers, **security.options())
    await admin.start()
    client = connect(settings.mongo_url)
    try:
        for group in GROUPS:
            await refuse_while_running(admin, settings.group_prefix + group, settings.group_session_s)
        partitions = await partitions_of(admin, [settings.topic_prefix + topic.name for topic in TOPICS])
        database = Database(client, f"{settings.database_prefix}routing")
        await _publish_the_rest(database, settings, security)
        restorer, rebuilt = Restorer.of(database, rules, incidents.load_rules(settings, rules)), Rebuilt()
        await restorer.forget()
        async for records in whole(settings.kafka_bootstrap_servers, partitions, security):
            await restorer.take(_read(records, settings, rebuilt), settings)
        await restorer.finish(settings)
        return rebuilt
    finally:
        client.close()
        await admin.close()


async def _publish_the_rest(database: Database, settings: Settings, security: KafkaSecurity) -> None:
    """Again or for the first time: readers know a repeat by its id."""
    publisher = Publisher(
        settings.kafka_bootstrap_servers, settings.topic_prefix, "parcelcare-rebuild", security=security
    )
    await publisher.start()
    try:
        for group in GROUPS:
            await publisher.publish(await Inbox(database, group, settings.inbox_days).latest(IN_FLIGHT_S))
        while await Outbox(database).relay(publisher):
            pass
    finally:
        await publisher.stop()


_PARSE = cloud_event_parser({name: model for topic in TOPICS for name, model in topic.types.items()}, "rebuild")


def _read(
    records: Sequence["ConsumerRecord[bytes, bytes]"], settings: Settings, rebuilt: Rebuilt
) -> list[Incoming[Any]]:
    read = []
    for record in records:
        parsed = _PARSE(record)
        if isinstance(parsed, Incoming):
            rebuilt.events[record.topic.removeprefix(settings.topic_prefix)] += 1
            read.append(parsed)
        rebuilt.unreadable += isinstance(parsed, Malformed)
    return read


def main() -> None:
    """Drop what routing knows, read it again from Kafka, and say how much that was."""
    try:
        rebuilt = asyncio.run(rebuild(Settings()))
    except RebuildRefused as refused:
        typer.echo(f"Nothing was changed. {refused}", err=True)
        raise typer.Exit(1) from refused
    for topic, events in rebuilt.events.items():
        typer.echo(f"{topic}: {events} events")
    if rebuilt.unreadable:
        typer.echo(f"{rebuilt.unreadable} records can't be read: they are nobody's state.", err=True)
    typer.echo("Start routing.")


if __name__ == "__main__":
    typer.run(main)

"""RO-5 on the real Kafka and MongoDB: parcels that orders name make a key account; kills and replays change nothing."""

import signal
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.routing.key_accounts.wiring import ORDERS_GROUP
from shared.contracts.cases import Case, ClockKind
from shared.contracts.customers import CustomersMerged, CustomersSeparated, Evidence, KnownCustomer
from shared.contracts.interactions import Interaction
from shared.contracts.orders import OrderEvent, OrderStage
from shared.contracts.people import Channel, Customer
from shared.contracts.topics import ORDER_EVENTS
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench
from tests.unit.routing.builders import contact, customer

pytestmark = pytest.mark.req("RO-5")

NEVER = {"ASSIGN_INTERVAL_S": "3600"}
ANN, HER_MAIL, BOB = customer("ann"), customer("ann-mail"), customer("bob")


def order(n: int, who: Customer, at: datetime, *, again: str = "") -> OrderEvent:
    """Order `n` with its one parcel is shipped; `again`: reported once more, under another number."""
    return OrderEvent(
        order_number=f"TB{n}{again}",
        shop="shop-1",
        stage=OrderStage.SHIPPED,
        occurred_at=at,
        customer=who,
        tracking_numbers=(f"YT{n:06}",),
    )


def by_mail(tracking: str, n: int, who: Customer, at: datetime) -> Interaction:
    """No time limit of a mail comes while a test runs."""
    return contact(f"{tracking}到哪了", n, who, channel=Channel.EMAIL, tracking_numbers=(tracking,), at=at)


async def keys(bench: Bench) -> dict[str, datetime]:
    """The ids that have the mark, in order."""
    rows = await bench.database["customer_aliases"].find({"key_until": {"$exists": True}}).to_list(None)
    return {row["_id"]: row["key_until"] for row in sorted(rows, key=lambda row: str(row["_id"]))}


async def counted(bench: Bench, customer_id: str) -> int:
    row = await bench.database["customer_volumes"].find_one({"_id": customer_id}) or {"months": {}}
    return sum(len(numbers) for numbers in row["months"].values())


async def case_about(bench: Bench, tracking: str) -> Case:
    async def stored() -> Case | None:
        return next((c for c in (await bench.cases()).values() if tracking in c.tracking_numbers), None)

    return await poll(stored, 60, what=f"the case about {tracking}")


async def rewind(bench: Bench) -> None:
    """The group of orders reads its topic from the beginning (no member may be alive)."""
    group = bench.names.group(ORDERS_GROUP)
    consumer = AIOKafkaConsumer(bootstrap_servers=bench.infra.kafka, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        name = bench.names.topic(ORDER_EVENTS.name)
        partitions = [TopicPartition(name, p) for p in range(ORDER_EVENTS.partitions)]
        consumer.assign(partitions)

        async def accepted() -> bool:
            try:
                await consumer.commit(dict.fromkeys(partitions, 0))
            except KafkaError:
                return False
            return True

        await poll(accepted, 60, what="the dead member's session to end")
    finally:
        await consumer.stop()


async def documents(bench: Bench) -> dict[str, Any]:
    volumes = await bench.database["customer_volumes"].find({"recount": {"$exists": False}}).to_list(None)
    return {row["_id"]: row for row in volumes} | await bench.documents()


@pytest.mark.slow
async def test_fifty_one_parcels_make_a_key_account_whatever_is_killed_and_replayed(bench: Bench) -> None:
    (process,) = await bench.start(1, **NEVER)
    now = datetime.now(UTC)
    began = now - timedelta(minutes=5)
    await bench.send(by_mail("SF1", 1, ANN, began), by_mail("SF2", 2, BOB, now))
    before = await case_about(bench, "SF1")
    assert (before.group == "vip", before.customer.tier_by) == (False, None)

    orders = [order(n, ANN, now) for n in range(50)]
    await bench.send(*orders[25:], *(order(n, BOB, now) for n in range(60, 80)))
    await poll(lambda: counted(bench, "bob"), 60, what="the first orders")
    await process.end(signal.SIGKILL)
    await bench.send(*orders, *(order(n, ANN, now, again="-again") for n in range(50)))
    (process,) = await bench.start(1, **NEVER)

    async def fifty() -> bool:
        return await counted(bench, "ann") == 50

    await poll(fifty, 90, what="fifty parcels, each once")
    assert "ann" not in await keys(bench)

    await bench.send(order(50, ANN, now))

    async def promoted() -> Case | None:
        case = await case_about(bench, "SF1")
        return case if case.customer.tier_by == "volume" else None

    case: Case = await poll(promoted, 60, what="the open case in the key accounts' queue")
    assert (case.group, case.customer.tier) == ("vip", "vip")
    due = {c.kind: c.due_at for c in case.clocks}
    assert due[ClockKind.FIRST_RESPONSE] < {c.kind: c.due_at for c in before.clocks}[ClockKind.FIRST_RESPONSE]
    await bench.send(by_mail("SF3", 3, ANN, now))
    await bench.send(by_mail("SF4", 4, BOB, now))
    case = await case_about(bench, "SF3")
    assert (case.group, case.customer.tier, case.customer.tier_by) == ("vip", "vip", "volume")
    assert (await case_about(bench, "SF4")).group != "vip"
    assert (await bench.changes(before.case_id)).count("tier_changed") == 1

    known, marks, told = await documents(bench), await keys(bench), len(await bench.told())
    await process.end(signal.SIGKILL)
    await rewind(bench)
    await bench.start(1, **NEVER)
    await bench.send(order(90, customer("eve"), now))
    await poll(lambda: counted(bench, "eve"), 90, what="what came after the replay")
    after = await documents(bench)
    assert {i: after[i] for i in known} == known
    assert await keys(bench) == marks
    assert len(await bench.told()) == told


@pytest.mark.slow
async def test_ids_of_one_person_add_up_and_are_parted_again(bench: Bench) -> None:
    await bench.start(2, **NEVER)
    now = datetime.now(UTC)
    await bench.send(*(order(n, (ANN, HER_MAIL)[n % 2], now) for n in range(60)))

    async def all_counted() -> bool:
        return [await counted(bench, i) for i in ("ann", "ann-mail")] == [30, 30]

    await poll(all_counted, 60, what="the parcels of both ids")
    both = (KnownCustomer(customer_id="ann", handles=("ann", "ann-mail")),)
    one_by_one = (
        KnownCustomer(customer_id="ann", handles=("ann",), apart=("ann-mail",)),
        KnownCustomer(customer_id="ann-mail", handles=("ann-mail",), apart=("ann",)),
    )
    said: dict[str, Any] = {"customer_id": "ann", "at": now, "cause": "c", "evidence": Evidence.PERSON}
    await bench.send(CustomersMerged(**said, version=2, customers=both, absorbed=("ann-mail",)))

    async def marked() -> bool:
        return {"ann", "ann-mail"} <= (await keys(bench)).keys()

    await poll(marked, 60, what="the mark on both ids")
    await bench.send(contact("SF1破损了", 1, HER_MAIL, tracking_numbers=("SF1",), at=now))
    assert (await case_about(bench, "SF1")).group == "vip"
    await bench.send(CustomersSeparated(**said, version=3, customers=one_by_one, restored=("ann-mail",)))

    async def parted() -> bool:
        return {"ann", "ann-mail"}.isdisjoint(await keys(bench))

    await poll(parted, 60, what="nobody with the mark")
    await bench.send(contact("SF2破损了", 2, ANN, tracking_numbers=("SF2",), at=now))
    assert (await case_about(bench, "SF2")).group != "vip"

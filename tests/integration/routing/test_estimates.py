"""The revised estimate on real Kafka and MongoDB: from scans to the case, told once per change, rebuilt the same."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.cases import Case, CaseChanged
from shared.contracts.parcels import PARCEL_SCANNED, ExceptionKind, Node, ParcelScan, Shipment
from shared.contracts.topics import PARCEL_EVENTS, PARCEL_EXCEPTIONS
from shared.messaging.message import Outgoing, outgoing
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench
from tests.integration.routing.test_rebuild import everything, rebuilt
from tests.unit.routing.builders import customer

pytestmark = pytest.mark.req("RO-11")

NUMBER, WELL = "SF3100000001", "SF3100000002"
ANN = customer("ann", email="ann@example.cn")


OTHERS = {f"SF32{n:08}" for n in range(24)}
"""So many that some of them stand behind the first one in its partition."""


def scan(node: Node, at: datetime, wrong: ExceptionKind | None = None, number: str = NUMBER) -> Outgoing:
    event = ParcelScan(
        tracking_number=number,
        carrier="sf",
        node=node,
        occurred_at=at,
        exception=wrong,
        shipment=Shipment(consignee=ANN if number == NUMBER else customer(number)),
    )
    cause = f"{number}/{node}"
    return outgoing(
        PARCEL_EVENTS, event, type=PARCEL_SCANNED, key=number, cause=cause, time=datetime.now(UTC), source="test"
    )


async def after(bench: Bench, sent: Outgoing, node: Node) -> Case:
    """The one case, once it knows that its parcel was scanned there."""
    await bench.publisher.publish([sent])

    async def there() -> bool:
        return any(case.parcel and case.parcel.node is node for case in (await bench.cases()).values())

    await poll(there, 60, what=f"the case of the parcel at {node}")
    (case,) = (await bench.cases()).values()
    return case


async def moves(bench: Bench) -> Sequence[tuple[datetime | None, datetime | None]]:
    """What cases.v1 tells of moved estimates, each event once."""
    published: list[CaseChanged] = await bench.published()
    return [(c.before, c.after) for record in published for c in record.changes if c.type == "estimate_moved"]


async def sent_again(bench: Bench) -> list[Outgoing]:
    """The news of parcels as they stand in the topic."""
    again = []
    for record in await bench.read(PARCEL_EXCEPTIONS):
        headers = {name: value.decode() for name, value in record.headers}
        time = datetime.fromisoformat(headers["ce_time"])
        source = headers["ce_source"]
        key = record.key.decode()
        again.append(
            Outgoing(PARCEL_EXCEPTIONS.name, key, headers["ce_id"], headers["ce_type"], time, record.value, source)
        )
    return again


async def test_exceptions_and_scans_move_the_estimate_of_a_case_and_of_nothing_else(bench: Bench) -> None:
    (process,) = await bench.start(1, ASSIGN_INTERVAL_S="3600", TIMER_INTERVAL_S="3600")
    now = datetime.now(UTC)
    scans = [
        scan(Node.PICKED_UP, now - timedelta(hours=3), ExceptionKind.MISROUTED),
        scan(Node.LINEHAUL_IN, now - timedelta(hours=2)),
        scan(Node.CUSTOMS, now - timedelta(hours=1), ExceptionKind.CUSTOMS_HOLD),
    ]
    well = [scan(node, now - timedelta(hours=9 - n), number=WELL) for n, node in enumerate(list(Node)[:8])]
    await bench.publisher.publish(well)
    told = []
    for sent, node in zip(scans, (Node.PICKED_UP, Node.LINEHAUL_IN, Node.CUSTOMS), strict=True):
        case = await after(bench, sent, node)
        assert case.estimate is not None
        told.append(case.estimate.at)
    opening, sooner, later = told
    # 24 h by the playbook and 72 of the route; 24 and the 26 that are left; then 72 at customs and 60 from there.
    assert now < sooner < opening < later
    assert await moves(bench) == [(opening, sooner), (sooner, later)]

    before = await bench.documents()
    await bench.publisher.publish([*scans, *await sent_again(bench), *well])
    await bench.publisher.publish([scan(Node.SORTED, now, ExceptionKind.DAMAGE, other) for other in sorted(OTHERS)])

    async def handled() -> bool:
        return len(await bench.cases()) == 1 + len(OTHERS)

    await poll(handled, 60, what="what came after the redelivery")
    documents = await bench.documents()
    assert {case_id: documents[case_id] for case_id in before} == before
    assert len(await moves(bench)) == 2
    assert {record.key.decode() for record in await bench.read(PARCEL_EXCEPTIONS)} == {NUMBER, *OTHERS}

    await process.end()
    stored = await everything(bench)
    await rebuilt(bench)
    assert await everything(bench) == stored
    (case,) = [case for case in (await bench.cases()).values() if case.tracking_numbers == (NUMBER,)]
    assert case.estimate is not None
    assert case.estimate.at == later

"""CL-7, SY-2: a crash in each window of a payment, and two writers of one claim, on a real MongoDB."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry

from services.claims.claim_file import ClaimFile
from services.claims.deadlines import Deadlines
from services.claims.indicators import Indicators
from services.claims.payer import Payer
from services.claims.payments import HttpPayments
from services.claims.rulebook import shipped
from services.claims.store import ClaimStore, Filter
from shared.clock import Clock
from shared.contracts.claims import PAYOUT_REQUESTED, ClaimState, PayoutRequested
from shared.contracts.parcels import ExceptionKind, Node
from shared.messaging.handler import Conflict, Handler, Session
from shared.messaging.message import Incoming
from shared.messaging.outbox import Outbox
from shared.messaging.outcome import Done, Outcome, Retry
from shared.mongo import Database, connect
from tests.answering import AnsweringClient
from tests.integration.fresh import FreshNames
from tests.unit.claims.build import NOW, World, case, opened, parcel, point, shipment, world
from tools import secret_files
from tools.simulators.faults import PaymentFaults
from tools.simulators.payment import PaymentSettings, create_app

pytestmark = pytest.mark.req("CL-7", "SY-2")

CLOCK = Clock(anchor_real=NOW, anchor_sim=NOW, rate=0.0)
"""Stands still."""


@dataclass
class Desk:
    """The parts of the service that pay, without its processes."""

    database: Database
    store: ClaimStore
    payer: Payer
    deadlines: Deadlines
    http: httpx.AsyncClient

    async def keep(self, *files: ClaimFile) -> None:
        await self.database.transaction(lambda session: self.store.save(files, session))

    async def store_answers(self, handler: Handler, incoming: Incoming[PayoutRequested]) -> Outcome:
        async def work(session: Session) -> Outcome:
            (outcome,) = await handler([incoming], session)
            return outcome

        return await self.database.transaction(work)

    async def only(self) -> ClaimFile:
        (file,) = await self.store.page(Filter(), 10)
        return file

    async def paid_fen(self) -> int:
        return int((await self.http.get("/v1/stats")).json()["paid_fen"])


@pytest.fixture
async def desk(mongo_url: str, fresh_names: FreshNames, tmp_path: Path) -> AsyncIterator[Desk]:
    secret_files.ensure(tmp_path / "secrets")
    settings = PaymentSettings(secrets_dir=tmp_path / "secrets", state_dir=tmp_path / "state")
    key = (tmp_path / "secrets" / "payment.key").read_text().strip()
    transport = httpx.ASGITransport(create_app(settings))
    client = connect(mongo_url)
    database = Database(client, fresh_names.database("claims"))
    store, outbox = ClaimStore(database), Outbox(database)
    await store.create_indexes()
    await outbox.create_indexes()
    payments = HttpPayments("http://payment", key, 5.0, client=AnsweringClient(transport))
    book = shipped()
    yield Desk(
        database,
        store,
        Payer(store, payments, book, CLOCK, Indicators(CollectorRegistry())),
        Deadlines(store, payments, book, CLOCK, database, outbox),
        httpx.AsyncClient(base_url="http://payment", transport=transport, headers={"Authorization": f"Bearer {key}"}),
    )
    client.close()


def approved() -> World:
    lost = parcel(point(Node.HUB_IN, 60, exception=ExceptionKind.LOSS), terms=shipment(insured_fen=50_000))
    return world(opened(case(exception_kind=ExceptionKind.LOSS, parcel=lost)))


def ordered(w: World) -> Incoming[PayoutRequested]:
    (order,) = w.payouts
    return Incoming("e-1", PAYOUT_REQUESTED, order, order.claim_id, NOW, "payment-requests.v1", 0, 0, 0)


async def test_a_crash_between_the_payment_and_its_storing(desk: Desk) -> None:
    w = approved()
    await desk.keep(w.only)

    await desk.payer.perform([ordered(w)])
    assert (await desk.only()).claim.state is ClaimState.APPROVED
    handler = await desk.payer.perform([ordered(w)])
    outcome = await desk.store_answers(handler, ordered(w))

    assert isinstance(outcome, Done)
    assert len(outcome.messages) == 1
    assert (await desk.only()).claim.state is ClaimState.PAID
    assert await desk.paid_fen() == 50_000


async def test_the_same_order_after_it_was_stored(desk: Desk) -> None:
    w = approved()
    await desk.keep(w.only)
    await desk.store_answers(await desk.payer.perform([ordered(w)]), ordered(w))

    again = await desk.store_answers(await desk.payer.perform([ordered(w)]), ordered(w))

    assert again == Done(())
    assert await desk.paid_fen() == 50_000


async def test_a_provider_that_fails_parks_the_order(desk: Desk) -> None:
    w = approved()
    await desk.keep(w.only)
    await desk.http.put("/v1/faults/payment", json=PaymentFaults(server_error=1.0).model_dump())

    outcome = await desk.store_answers(await desk.payer.perform([ordered(w)]), ordered(w))

    assert isinstance(outcome, Retry)
    assert (await desk.only()).revision == 1


async def test_an_order_that_was_lost_is_given_again_by_its_deadline(desk: Desk) -> None:
    """Dead letter, dropped topic, whatever: the claim itself remembers that money is owed."""
    w = approved()
    await desk.keep(w.only.model_copy(update={"next_due": NOW}))

    assert await desk.deadlines.run() == 1

    assert (await desk.only()).claim.state is ClaimState.PAID
    assert await desk.paid_fen() == 50_000
    rows = await desk.database.collection("outbox").count_documents({})
    assert rows == 1
    assert await desk.deadlines.run() == 0


async def test_a_deadline_and_the_order_at_once_pay_once(desk: Desk) -> None:
    w = approved()
    await desk.keep(w.only.model_copy(update={"next_due": NOW}))
    handler = await desk.payer.perform([ordered(w)])
    await desk.deadlines.run()

    outcome = await desk.store_answers(handler, ordered(w))

    assert outcome == Done(())
    assert await desk.paid_fen() == 50_000
    assert (await desk.only()).claim.version == 2


async def test_the_second_of_two_writers_has_to_read_again(desk: Desk) -> None:
    w = approved()
    await desk.keep(w.only)
    seen = await desk.only()
    await desk.keep(seen)

    with pytest.raises(Conflict):
        await desk.keep(seen)
    assert (await desk.only()).revision == 2


async def test_a_file_reads_back_as_it_was_written(desk: Desk) -> None:
    w = approved()
    await desk.keep(w.only)

    assert await desk.only() == w.only.model_copy(update={"revision": 1})
    indexes = await desk.database.collection("claims").index_information()
    assert len(indexes) <= 4, "the _id index and at most three others"

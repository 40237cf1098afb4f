"""What many publish at once goes as one batch per partition, in order, and each caller is told of its own (SY-2)."""

import asyncio
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError, ProducerClosed
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.structs import RecordMetadata

from shared.messaging.lanes import FEW, Gathering, Lane, Receipt, Record

pytestmark = pytest.mark.req("SY-2")
SMALL = 600


class Driver:
    """Stands for aiokafka's producer: batches lie in `sent` until a test answers them."""

    def __init__(self) -> None:
        self.sent: list[tuple[list[bytes], asyncio.Future[RecordMetadata]]] = []
        self.handed_over = asyncio.Event()

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(SMALL, 0)

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> asyncio.Future[RecordMetadata]:
        assert (topic, partition) == ("events.v1", 3)
        records = DefaultRecordBatch(bytes(batch._build()))
        answer: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
        self.sent.append(([record.value or b"" for record in records], answer))
        self.handed_over.set()
        return answer

    async def next(self) -> list[bytes]:
        """The batch that is handed over next."""
        await asyncio.wait_for(self.handed_over.wait(), 5)
        self.handed_over.clear()
        return self.sent[-1][0]

    def answer(self, error: Exception | None = None) -> None:
        answer = self.sent[-1][1]
        if error is None:
            answer.set_result(cast(Any, None))
        else:
            answer.set_exception(error)


def record(value: bytes) -> Record:
    return b"key", value, [("ce_id", b"1")]


def lane(driver: Driver, timeout_s: float = 5, gathering: Gathering | None = None) -> Lane:
    return Lane(cast(Any, driver), "events.v1", 3, timeout_s, gathering or Gathering())


def added(to: Lane, *values: bytes) -> Receipt:
    receipt = Receipt(len(values))
    for value in values:
        to.add(record(value), receipt)
    return receipt


async def test_callers_of_one_moment_share_a_batch_and_later_ones_the_next() -> None:
    driver = Driver()
    of = lane(driver)
    first, second = added(of, b"1", b"2"), added(of, b"3")
    assert await driver.next() == [b"1", b"2", b"3"]
    third, fourth = added(of, b"4"), added(of, b"5")
    await asyncio.sleep(0)
    assert not any(receipt.done.done() for receipt in (first, second, third, fourth))
    driver.answer()
    await asyncio.gather(first.done, second.done)
    assert await driver.next() == [b"4", b"5"]
    driver.answer()
    await asyncio.gather(third.done, fourth.done)
    assert len(driver.sent) == 2
    await of.finished()


async def test_in_a_crowd_all_lanes_are_written_together_a_moment_later() -> None:
    gathering = Gathering()
    gathering.callers = FEW + 1
    drivers = Driver(), Driver()
    lanes = [lane(driver, gathering=gathering) for driver in drivers]
    early, late = added(lanes[0], b"1"), Receipt(2)
    for _ in range(3):
        await asyncio.sleep(0)
    assert not drivers[0].sent
    for of in lanes:
        of.add(record(b"2"), late)
    assert [await driver.next() for driver in drivers] == [[b"1", b"2"], [b"2"]]
    for driver in drivers:
        driver.answer()
    await asyncio.gather(early.done, late.done)


async def test_more_than_a_batch_holds_goes_in_several_and_in_order() -> None:
    driver = Driver()
    receipt = added(of := lane(driver), *(b"%d" % n * 100 for n in range(9)), b"x" * 2 * SMALL)
    await driver.next()
    while len(driver.sent) > sum(answer.done() for _, answer in driver.sent):
        for _, answer in driver.sent:
            if not answer.done():
                answer.set_result(cast(Any, None))
        await asyncio.sleep(0)
    await asyncio.wait_for(receipt.done, 5)
    batches = [values for values, _ in driver.sent]
    assert len(batches) > 2
    assert [value for values in batches for value in values][:-1] == [b"%d" % n * 100 for n in range(9)]
    assert batches[-1] == [b"x" * 2 * SMALL]
    await of.finished()


async def test_a_refused_batch_fails_its_callers_and_no_others() -> None:
    driver = Driver()
    refused, innocent = added(of := lane(driver), b"1"), Receipt(1)
    await driver.next()
    of.add(record(b"2"), innocent)
    driver.answer(MessageSizeTooLargeError())
    with pytest.raises(MessageSizeTooLargeError):
        await refused.done
    assert await driver.next() == [b"2"]
    driver.answer()
    await innocent.done


@pytest.mark.parametrize("error", [KafkaTimeoutError(), None])
async def test_out_of_reach_fails_who_waits_behind_too(error: Exception | None) -> None:
    driver = Driver()
    of = lane(driver, timeout_s=5 if error else 0.05)
    first = added(of, b"1")
    await driver.next()
    behind = added(of, b"2")
    if error:
        driver.answer(error)
    for receipt in (first, behind):
        with pytest.raises((TimeoutError, KafkaTimeoutError)):
            await asyncio.wait_for(asyncio.shield(receipt.done), 5)
    await of.finished()
    assert len(driver.sent) == 1
    after = added(of, b"3")
    assert await driver.next() == [b"3"]
    driver.answer()
    await after.done


async def test_an_error_of_the_driver_reaches_the_caller() -> None:
    driver = Driver()
    driver.create_batch = lambda: 1 // 0  # type: ignore[method-assign, assignment, return-value]
    with pytest.raises(ZeroDivisionError):
        await added(lane(driver), b"1").done


async def test_who_is_gone_does_not_keep_the_others() -> None:
    driver = Driver()
    of = lane(driver)
    gone, stays = added(of, b"1"), added(of, b"2")
    await driver.next()
    gone.done.cancel()
    driver.answer()
    await stays.done


async def test_a_receipt_over_two_lanes_is_done_when_both_are() -> None:
    drivers = Driver(), Driver()
    receipt = Receipt(2)
    for driver in drivers:
        lane(driver).add(record(b"1"), receipt)
    for driver in drivers:
        assert not receipt.done.done()
        await driver.next()
        driver.answer()
    await receipt.done


async def test_when_the_service_ends_who_waits_is_told() -> None:
    driver = Driver()
    first = added(of := lane(driver), b"1")
    await driver.next()
    behind = added(of, b"2")
    assert of._at_work is not None
    of._at_work.cancel()
    for receipt in (first, behind):
        with pytest.raises(ProducerClosed):
            await receipt.done
    assert issubclass(ProducerClosed, KafkaError)

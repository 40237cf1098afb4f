"""Records of many callers on their way to Kafka: while a partition is being written, what comes for it waits, and then
goes as one. Built batches cost a fraction of aiokafka's `send`, which makes a future for every record."""

import asyncio
import copy
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError, ProducerClosed
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import RecordMetadata

Record = tuple[bytes, bytes, Sequence[tuple[str, bytes]]]
"""Key, value, headers."""


class Receipt:
    """Of one caller: `done` when Kafka has all `open` records of it, failed as soon as it refuses one."""

    __slots__ = ("done", "open")

    def __init__(self, records: int) -> None:
        self.open = records
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def acknowledged(self) -> None:
        self.open -= 1
        if not self.open and not self.done.done():
            self.done.set_result(None)

    def failed(self, error: Exception) -> None:
        if not self.done.done():
            # Raised by many, one error would gather the traceback of each.
            self.done.set_exception(copy.copy(error))


FEW = 4
GATHER_S = 0.005


class Gathering:
    """When what waits is written: at once while few publish; in a crowd all lanes together, a moment later.

    A request to Kafka costs as much as thirty records in it, and a request for each of a crowd keeps it waiting longer
    than the moment does.
    """

    def __init__(self) -> None:
        self.callers = 0
        self._next: asyncio.Event | None = None

    async def moment(self) -> None:
        if self.callers <= FEW:
            return
        if self._next is None:
            self._next = asyncio.Event()
            asyncio.get_running_loop().call_later(GATHER_S, self._go)
        await self._next.wait()

    def _go(self) -> None:
        assert self._next is not None
        self._next.set()
        self._next = None


_Waiting = list[tuple[Record, Receipt]]
_Sent = tuple[asyncio.Future[RecordMetadata], list[Receipt]]


class Lane:
    """One partition of one producer: one portion of records is on its way at a time, in the order they came."""

    def __init__(
        self, producer: AIOKafkaProducer, topic: str, partition: int, timeout_s: float, gathering: Gathering
    ) -> None:
        self._producer = producer
        self._topic = topic
        self._partition = partition
        self._timeout_s = timeout_s
        self._gathering = gathering
        self._waiting: _Waiting = []
        self._at_work: asyncio.Task[None] | None = None

    def add(self, record: Record, receipt: Receipt) -> None:
        """Written with all that comes before the event loop's next round, or else after what is being written."""
        self._waiting.append((record, receipt))
        if self._at_work is None:
            self._at_work = asyncio.create_task(self._write_all())

    async def finished(self) -> None:
        """When all that was added has its answer."""
        if self._at_work is not None:
            await asyncio.wait([self._at_work])

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                await self._gathering.moment()
                portion, self._waiting = self._waiting, []
                await self._write(portion)
        finally:
            self._at_work = None
            _fail(self._waiting, ProducerClosed())
            self._waiting = []

    async def _write(self, portion: _Waiting) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                for acknowledged, receipts in await self._send(portion):
                    await _answer(acknowledged, receipts)
        except (TimeoutError, KafkaTimeoutError) as error:
            # The partition is out of reach: who waits behind this portion would wait as long again.
            _fail([*portion, *self._waiting], error)
            self._waiting = []
        except Exception as error:  # noqa: BLE001 each caller is told, and raises it
            _fail(portion, error)
        except BaseException:
            _fail(portion, ProducerClosed())
            raise

    async def _send(self, portion: _Waiting) -> list[_Sent]:
        """In as many batches as it takes; a record that is larger than a batch has one of its own."""
        sent: list[_Sent] = []
        batch, receipts = self._producer.create_batch(), list[Receipt]()
        for (key, value, headers), receipt in portion:
            if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
                sent.append((await self._hand_over(batch), receipts))
                batch, receipts = self._producer.create_batch(), []
                batch.append(timestamp=None, key=key, value=value, headers=headers)
            receipts.append(receipt)
        sent.append((await self._hand_over(batch), receipts))
        return sent

    async def _hand_over(self, batch: BatchBuilder) -> asyncio.Future[RecordMetadata]:
        # A closed batch does not linger: others have been waited for while the last one was written.
        batch.close()
        sent: asyncio.Future[RecordMetadata] = await self._producer.send_batch(
            batch, self._topic, partition=self._partition
        )
        return sent


async def _answer(acknowledged: asyncio.Future[RecordMetadata], receipts: Sequence[Receipt]) -> None:
    try:
        await acknowledged
    except KafkaTimeoutError:
        raise
    except KafkaError as error:
        for receipt in receipts:
            receipt.failed(error)
    else:
        for receipt in receipts:
            receipt.acknowledged()


def _fail(waiting: _Waiting, error: Exception) -> None:
    for _, receipt in waiting:
        receipt.failed(error)

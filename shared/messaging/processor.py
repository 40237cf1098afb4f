"""What a consumer does with the records that parsed: in a transaction, without state, or by partition."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from aiokafka import ConsumerRecord

from shared.messaging.deadletter import Origin
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.outcome import Dead, Done, Ignored

Ownership = Callable[[int], bool]
"""Whether this process still owns a partition of the topic."""


class Work(NamedTuple):
    """A parsed record together with the record itself, which parking and dead letters keep."""

    incoming: Incoming[Any]
    record: "ConsumerRecord[bytes, bytes]"

    @property
    def origin(self) -> Origin:
        return Origin.of(self.record)


@dataclass(frozen=True, slots=True)
class Processed:
    """What a batch led to: messages to publish before the commit, and the records that died or wait, with reasons."""

    messages: tuple[Outgoing, ...] = ()
    dead: tuple[tuple[Origin, str], ...] = ()
    parked: tuple[tuple[Origin, str], ...] = ()

    def __add__(self, more: "Processed") -> "Processed":
        return Processed(self.messages + more.messages, self.dead + more.dead, self.parked + more.parked)


class Processor(Protocol):
    """Returns once the batch's effects are stored; the loop then publishes and commits."""

    async def process(self, batch: Sequence[Work]) -> Processed: ...


class PartitionProcessor(Protocol):
    """A processor that owns state by partition, publishes by itself, and learns of rebalances."""

    async def process(self, batch: Sequence[Incoming[Any]], owns: Ownership) -> None: ...

    async def assigned(self, partitions: Sequence[int]) -> None: ...

    async def revoked(self, partitions: Sequence[int]) -> None: ...


class StatelessProcessor:
    """Handles each record by itself with a pure function; what it produces has derived ids."""

    def __init__(self, handle: Callable[[Incoming[Any]], Done | Ignored | Dead]) -> None:
        self._handle = handle

    async def process(self, batch: Sequence[Work]) -> Processed:
        messages: list[Outgoing] = []
        dead: list[tuple[Origin, str]] = []
        for work in batch:
            outcome = self._handle(work.incoming)
            if isinstance(outcome, Done):
                messages.extend(outcome.messages)
            elif isinstance(outcome, Dead):
                dead.append((work.origin, outcome.reason))
        return Processed(tuple(messages), tuple(dead))


class PartitionedProcessor:
    """Lets a `PartitionProcessor` stand in the loop."""

    def __init__(self, inner: PartitionProcessor, owns: Ownership) -> None:
        self._inner = inner
        self._owns = owns

    async def process(self, batch: Sequence[Work]) -> Processed:
        await self._inner.process([work.incoming for work in batch], self._owns)
        return Processed()

"""What a service gives to the loop, and the fold that most services give: load, decide, save."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import structlog
from motor.motor_asyncio import AsyncIOMotorClientSession

from shared.messaging.message import Incoming, Outgoing
from shared.messaging.outcome import Dead, Done, Ignored, Outcome, Retry
from shared.tracing import trace_id_of
from shared.turns import Turns

log = structlog.get_logger()

Session = AsyncIOMotorClientSession
S = TypeVar("S")
K = TypeVar("K", bound=Hashable)


class TransientFailure(Exception):
    """Something outside failed and may work later; the record is parked and tried again."""


class InvalidEvent(Exception):
    """The event contradicts what is known and never can be handled; it becomes a dead letter."""


class Conflict(Exception):
    """Somebody else wrote the aggregate first: the batch reads again and decides again."""


class Handler(Protocol):
    """Handles the fresh records of a batch, in order, inside one transaction.

    Returns one outcome per record, in the same order. May run again for the same batch (a conflict, a crash):
    everything it does goes through `session`, or is idempotent.
    """

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        """The aggregate under which a record is ordered and parked (mostly its key)."""
        ...

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> Sequence[Outcome]: ...


@dataclass(frozen=True, slots=True)
class Decision(Generic[S]):
    """What follows from one event: the new state (None: unchanged) and the messages to publish."""

    state: S | None = None
    messages: tuple[Outgoing, ...] = ()
    ignored: bool = False


IGNORED: Decision[Any] = Decision(ignored=True)


class Fold(Generic[K, S]):
    """Decides records one after the other, each on the state that the ones before it left.

    `changed`: the changed states by key; `outcomes`: one per record. A record that fails does not touch its
    neighbours: `TransientFailure` and unexpected errors become `Retry`, `InvalidEvent` becomes `Dead`; later
    records of an aggregate that is being retried queue behind it.
    """

    def __init__(
        self,
        states: Mapping[K, S],
        aggregate_of: Callable[[Incoming[Any]], str],
        key_of: Callable[[Incoming[Any], Mapping[K, S]], K],
        decide: Callable[[S | None, Incoming[Any]], Decision[S]],
    ) -> None:
        self.changed: dict[K, S] = {}
        self.outcomes: list[Outcome] = []
        self._current: dict[K, S] = dict(states)
        self._blocked: set[str] = set()
        self._aggregate_of = aggregate_of
        self._key_of = key_of
        self._decide = decide

    def take(self, incoming: Incoming[Any]) -> None:
        aggregate = self._aggregate_of(incoming)
        if aggregate in self._blocked:
            self.outcomes.append(Retry("queued behind an earlier event"))
            return
        try:
            key = self._key_of(incoming, self._current)
            decision = self._decide(self._current.get(key), incoming)
        except InvalidEvent as error:
            self.outcomes.append(Dead(str(error)))
        except Exception as error:
            if not isinstance(error, TransientFailure):
                log.exception(
                    "decide_failed",
                    event_id=incoming.id,
                    type=incoming.type,
                    trace_id=trace_id_of(incoming.traceparent),
                )
            self._blocked.add(aggregate)
            self.outcomes.append(Retry(f"{type(error).__name__}: {error}"))
        else:
            if decision.state is not None:
                self._current[key] = self.changed[key] = decision.state
            self.outcomes.append(Ignored() if decision.ignored else Done(decision.messages))


def fold(
    batch: Sequence[Incoming[Any]],
    states: Mapping[K, S],
    aggregate_of: Callable[[Incoming[Any]], str],
    key_of: Callable[[Incoming[Any], Mapping[K, S]], K],
    decide: Callable[[S | None, Incoming[Any]], Decision[S]],
) -> tuple[dict[K, S], list[Outcome]]:
    """A batch at once, as `Fold` does. Pure. Returns the changed states by key and one outcome per record."""
    folding = Fold(states, aggregate_of, key_of, decide)
    for incoming in batch:
        folding.take(incoming)
    return folding.changed, folding.outcomes


async def fold_in_turns(
    batch: Sequence[Incoming[Any]],
    states: Mapping[K, S],
    aggregate_of: Callable[[Incoming[Any]], str],
    key_of: Callable[[Incoming[Any], Mapping[K, S]], K],
    decide: Callable[[S | None, Incoming[Any]], Decision[S]],
) -> tuple[dict[K, S], list[Outcome]]:
    """As `fold`, for decisions that take long: the process does its other work between them."""
    folding, turns = Fold(states, aggregate_of, key_of, decide), Turns()
    for incoming in batch:
        folding.take(incoming)
        await turns.next()
    return folding.changed, folding.outcomes


Load = Callable[[Sequence[Incoming[Any]], Session], Awaitable[Mapping[K, S]]]
Save = Callable[[Mapping[K, S], Session], Awaitable[None]]

"""What a service gives to the loop, and the fold that most services give: load, decide, save."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import structlog
from motor.motor_asyncio import AsyncIOMotorClientSession

from shared.messaging.message import Incoming, Outgoing
from shared.messaging.outcome import Dead, Done, Ignored, Outcome, Retry
from shared.tracing import trace_id_of

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


def fold(
    batch: Sequence[Incoming[Any]],
    states: Mapping[K, S],
    aggregate_of: Callable[[Incoming[Any]], str],
    key_of: Callable[[Incoming[Any], Mapping[K, S]], K],
    decide: Callable[[S | None, Incoming[Any]], Decision[S]],
) -> tuple[dict[K, S], list[Outcome]]:
    """Decide the records of a batch in order, each on the state that the ones before it left.

    Pure. Returns the changed states by key and one outcome per record. A record that fails does not touch its
    neighbours: `TransientFailure` and unexpected errors become `Retry`, `InvalidEvent` becomes `Dead`; later
    records of an aggregate that is being retried queue behind it.
    """
    current: dict[K, S] = dict(states)
    changed: dict[K, S] = {}
    blocked: set[str] = set()
    outcomes: list[Outcome] = []
    for incoming in batch:
        aggregate = aggregate_of(incoming)
        if aggregate in blocked:
            outcomes.append(Retry("queued behind an earlier event"))
            continue
        try:
            key = key_of(incoming, current)
            decision = decide(current.get(key), incoming)
        except InvalidEvent as error:
            outcomes.append(Dead(str(error)))
        except Exception as error:
            if not isinstance(error, TransientFailure):
                log.exception(
                    "decide_failed",
                    event_id=incoming.id,
                    type=incoming.type,
                    trace_id=trace_id_of(incoming.traceparent),
                )
            blocked.add(aggregate)
            outcomes.append(Retry(f"{type(error).__name__}: {error}"))
        else:
            if decision.state is not None:
                current[key] = changed[key] = decision.state
            outcomes.append(Ignored() if decision.ignored else Done(decision.messages))
    return changed, outcomes


Load = Callable[[Sequence[Incoming[Any]], Session], Awaitable[Mapping[K, S]]]
Save = Callable[[Mapping[K, S], Session], Awaitable[None]]

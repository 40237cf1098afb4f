"""What the owner of a partition is given: how to read, change and write one key's state. Pure, without I/O."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

from shared.messaging.message import Incoming, Outgoing

S = TypeVar("S")

Packed = tuple[bytes, int]
"""The payload of a changed state, and its due time."""


class Applied(NamedTuple):
    """What follows from an event or a timer. The same state object as before: nothing changed; None: removed.

    `due` in microseconds since 1970 (`entry.NEVER`: no timer) is of the new state.
    """

    state: Any
    due: int
    messages: Sequence[Outgoing] = ()


class Fold(Protocol[S]):
    """The same state, event and time must always give the same messages with the same ids: batches run again."""

    def key_of(self, incoming: Incoming[Any]) -> bytes: ...

    def decode(self, payload: bytes) -> S: ...

    def encode(self, state: S) -> bytes: ...

    def quick(self, payload: bytes, incoming: Incoming[Any], now: datetime) -> Packed | None:
        """What `apply` would come to, without unpacking the state, where it is as simple as that: the new payload
        and its due time, no messages. None: `apply` is to look."""
        ...

    def apply(self, state: S | None, incoming: Incoming[Any], now: datetime) -> Applied:
        """The event, after every timer of this key that was due by `now` (the time the event entered the log)."""
        ...

    def fire(self, key: bytes, state: S, now: datetime) -> Applied:
        """The timers of this key that are due by `now`."""
        ...

"""When a group asks what it has handled before: with a new assignment, and for a while after a repeat (SY-2)."""

import time
from collections.abc import Callable

BATCHES = 50
"""A new owner looks up so many batches at least: what its predecessor stored and had not committed lies in them."""

TRUSTED_S = 1.0
"""Another process may park an event of the same aggregate that came by another topic: seen after so long."""


class Caution:
    """Redeliveries come with a new owner of a partition. In between the inbox's unique index is enough: a repeat
    collides there, the transaction is undone, and the group looks again. So looking up is never needed to be right,
    only to be quick after a rebalance."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._batches = BATCHES
        self._nothing_parked_until = 0.0

    @property
    def asks_inbox(self) -> bool:
        return self._batches > 0

    @property
    def asks_parking(self) -> bool:
        return self._monotonic() >= self._nothing_parked_until

    def went_well(self) -> None:
        """A batch was stored."""
        self._batches = max(0, self._batches - 1)

    def nothing_parked(self) -> None:
        self._nothing_parked_until = self._monotonic() + TRUSTED_S

    def parked(self) -> None:
        self._nothing_parked_until = 0.0

    def alarm(self) -> None:
        """A new assignment, or a collision: from now on look again."""
        self._batches = BATCHES
        self._nothing_parked_until = 0.0

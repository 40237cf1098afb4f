"""Whether there is room for another delivery: overload is told to the sender before anything is taken (IN-8)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.intake.delivery import Reason, Rejected
from services.intake.gateways import Gateway
from services.intake.rate import Rate

Arrived = Callable[[int], None]
"""Told of each piece of a body, in bytes."""


@dataclass(slots=True)
class TokenBucket:
    """So many deliveries a second for long, `burst` at once. Times are monotonic seconds."""

    rate: Rate
    tokens: float
    filled_at: float

    @staticmethod
    def full(rate: Rate, now: float) -> "TokenBucket":
        return TokenBucket(rate, float(rate.burst), now)

    def take(self, now: float) -> float:
        """0 where a token was there and is now taken, else the seconds until there is one."""
        passed = max(0.0, now - self.filled_at)
        self.tokens = min(float(self.rate.burst), self.tokens + passed * self.rate.per_second)
        self.filled_at = now
        if self.tokens < 1:
            return (1 - self.tokens) / self.rate.per_second
        self.tokens -= 1
        return 0.0


class Admission:
    """The limits of one process: messages that wait for Kafka, bytes of bodies in hand, and each gateway's rate."""

    def __init__(
        self,
        pending: Callable[[], int],
        *,
        max_pending: int,
        max_bytes: int,
        retry_after_s: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._pending = pending
        self._max_pending = max_pending
        self._max_bytes = max_bytes
        self._retry_after_s = retry_after_s
        self._monotonic = monotonic
        self._bytes = 0
        self._buckets: dict[str, TokenBucket] = {}

    @contextmanager
    def room(self, size: int) -> Iterator[None]:
        """Holds room for a body of `size` bytes. Raises `Rejected` (503)."""
        with self.arriving(size) as arrived:
            arrived(size)
            yield

    @contextmanager
    def arriving(self, expected: int) -> Iterator[Arrived]:
        """For a body on its way: what has come of it holds room, what its sender only promises holds none, or a few
        connections that promise much and send nothing would keep everybody out. Raises `Rejected` (503), and so does
        what it yields."""
        if self._pending() >= self._max_pending:
            raise self.overloaded("messages wait for Kafka")
        self._require(expected)
        held = 0

        def arrived(size: int) -> None:
            nonlocal held
            self._require(size)
            self._bytes += size
            held += size

        try:
            yield arrived
        finally:
            self._bytes -= held

    def _require(self, size: int) -> None:
        if self._bytes + size > self._max_bytes:
            raise self.overloaded("bodies fill the memory set aside for them")

    def overloaded(self, detail: str) -> Rejected:
        return Rejected(Reason.OVERLOADED, detail, retry_after_s=self._retry_after_s)

    def count(self, gateway: Gateway) -> None:
        """Count a delivery that is the gateway's own. Raises `Rejected` (429)."""
        if gateway.rate is None:
            return
        now = self._monotonic()
        bucket = self._buckets.get(gateway.name)
        if bucket is None:
            bucket = self._buckets[gateway.name] = TokenBucket.full(gateway.rate, now)
        wait = bucket.take(now)
        if wait:
            detail = f"the agreed rate is {gateway.rate.per_second:g} a second, {gateway.rate.burst} at once"
            raise Rejected(Reason.RATE, detail, retry_after_s=wait)

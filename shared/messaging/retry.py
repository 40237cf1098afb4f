"""Retry policy as data, apart from sleeping."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff in real seconds; after `max_attempts` failures a record is a dead letter."""

    first_s: float = 0.5
    factor: float = 2.0
    longest_s: float = 60.0
    max_attempts: int = 12

    def delay_s(self, attempts: int) -> float:
        """How long to wait after the `attempts`-th failure (1, 2, …)."""
        return float(min(self.longest_s, self.first_s * self.factor ** max(0, attempts - 1)))

    def exhausted(self, attempts: int) -> bool:
        return attempts >= self.max_attempts

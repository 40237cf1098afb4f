"""The one clock of all services: real time, or a day that runs faster (demo, simulation, SY-9)."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """Business time = `anchor_sim` + (real time − `anchor_real`) × `rate`; all processes share the anchors."""

    anchor_real: datetime | None = None
    anchor_sim: datetime | None = None
    rate: float = 1.0

    def now(self) -> datetime:
        """The business time, aware UTC."""
        real = datetime.fromtimestamp(time.time(), UTC)
        if self.anchor_real is None or self.anchor_sim is None:
            return real
        return self.anchor_sim + (real - self.anchor_real) * self.rate

    def real_seconds(self, business: timedelta) -> float:
        """How many real seconds a stretch of business time takes."""
        return business.total_seconds() / self.rate

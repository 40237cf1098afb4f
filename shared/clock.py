"""The one clock of all services: real time, or a day that runs faster (demo, simulation, SY-9)."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_begun: dict[Path, datetime] = {}


@dataclass(frozen=True, slots=True)
class Clock:
    """Business time = `anchor_sim` + (real time − `anchor_real`) × `rate`; all processes share the anchors.

    With `start_file` the day waits: time stands still at `anchor_sim` until that file holds `anchor_real`.
    After `until_sim` time goes on at the pace of real time: what a played day left can be looked at.
    """

    anchor_real: datetime | None = None
    anchor_sim: datetime | None = None
    rate: float = 1.0
    until_sim: datetime | None = None
    start_file: Path | None = None

    def now(self) -> datetime:
        """The business time, aware UTC."""
        real = datetime.fromtimestamp(time.time(), UTC)
        if self.anchor_sim is None:
            return real
        began = self.began()
        if began is None:
            return self.anchor_sim if self.start_file else real
        business = self.anchor_sim + (real - began) * self.rate
        if self.until_sim is None or business <= self.until_sim:
            return business
        return self.until_sim + (business - self.until_sim) / self.rate

    def began(self) -> datetime | None:
        """When (real time) the day began; None while it waits."""
        if self.start_file is None:
            return self.anchor_real
        if self.start_file not in _begun and self.start_file.exists():
            _begun[self.start_file] = datetime.fromisoformat(self.start_file.read_text().strip())
        return _begun.get(self.start_file)

    def begin(self, at: datetime) -> None:
        """Lets a waiting day begin at `at` (real time), for every process that shares the start file."""
        assert self.start_file, "only a clock with a start file waits"
        draft = self.start_file.with_suffix(".part")
        draft.write_text(at.isoformat())
        draft.replace(self.start_file)

    def real_seconds(self, business: timedelta) -> float:
        """How many real seconds a stretch of business time takes."""
        return business.total_seconds() / self.rate

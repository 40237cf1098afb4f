"""The rules of hand-over: what is not begun any more, what is urgent, and what may wait for its agent (RO-4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.routing import clocks
from shared.contracts.cases import Case, ClockState
from shared.contracts.people import Channel

LATE = frozenset({ClockState.WARNED, ClockState.BREACHED})


@dataclass(frozen=True, slots=True)
class HandOverRules:
    """handover.yaml: `last`: before the end of a shift nothing more of the channel is given; `stays`: within so long
    its agent must be back."""

    last: Mapping[Channel, timedelta]
    up_to_priority: int
    due_within: timedelta
    unanswered: bool
    stays: timedelta

    def is_urgent(self, case: Case, now: datetime) -> bool:
        """By its priority, a clock that is late or nearly so, or a customer's message that waits for its answer."""
        if case.classification.priority <= self.up_to_priority:
            return True
        if self.unanswered and any(clocks.owes_answer(clocks.of_kind(case.clocks, kind)) for kind in clocks.ANSWERS):
            return True
        return any(
            clock.state in LATE or (clock.state is ClockState.RUNNING and clock.due_at - now <= self.due_within)
            for clock in case.clocks
        )

    def too_late_for(self, left: timedelta) -> frozenset[Channel]:
        """The channels of which nothing more is given to an agent with so much left of the shift."""
        return frozenset(channel for channel, least in self.last.items() if left < least)

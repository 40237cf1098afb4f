"""What became of one record: disjoint outcomes, never flags."""

from dataclasses import dataclass

from shared.messaging.message import Outgoing


@dataclass(frozen=True, slots=True)
class Done:
    """Handled; the id goes into the inbox together with the messages that it produced."""

    messages: tuple[Outgoing, ...] = ()


@dataclass(frozen=True, slots=True)
class Ignored:
    """Of no concern to this service whatever its state is: leaves no trace, costs no write."""


@dataclass(frozen=True, slots=True)
class Retry:
    """A passing failure (a provider down, a lock): parked under its aggregate, tried again with backoff."""

    reason: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Can never be handled: goes to the dead letters with this reason."""

    reason: str


Outcome = Done | Ignored | Retry | Dead

"""Traces over all services by W3C traceparent (SY-6): each contact has one; spans, where somebody collects them."""

import os
import re
from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.messaging.message import Incoming
    from shared.spans import Spans

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)

Place = tuple[str, int, int]
"""Topic, partition, offset."""


def well_formed(traceparent: str | None) -> str | None:
    """The value itself where it is a W3C traceparent of version 00, else None."""
    return traceparent if traceparent and _TRACEPARENT.fullmatch(traceparent) else None


def trace_id_of(traceparent: str | None) -> str | None:
    """What logs show, so that a line is found beside its trace."""
    known = well_formed(traceparent)
    return known.split("-")[1] if known else None


def new_traceparent() -> str:
    """A fresh, sampled trace context for a contact that enters the system without one."""
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"


def traceparent_of_cause(cause: str) -> str:
    """The same for a record of Kafka, which may be read again: a repeat belongs to the same trace."""
    digest = sha256(f"trace/{cause}".encode()).hexdigest()
    return f"00-{digest[:32]}-{digest[32:48]}-01"


class Tracing:
    """Costs nothing but the context where no endpoint is configured: the SDK is not even imported."""

    def __init__(self, service: str, instance: str, endpoint: str | None) -> None:
        self._spans = _recorder(service, instance, endpoint) if endpoint else None

    @property
    def enabled(self) -> bool:
        return self._spans is not None

    def begin(self, given: str | None) -> str:
        """The context that what follows from a delivery carries; `given`: its sender's own."""
        known = well_formed(given)
        if self._spans is None or known is None:
            return known or new_traceparent()
        version, trace_id, _, flags = known.split("-")
        return f"{version}-{trace_id}-{os.urandom(8).hex()}-{flags}"

    def entered(self, name: str, given: str | None, begun: str, started_s: float, refused: str | None = None) -> None:
        """The first span of a trace, the one that `begun` names; from `started_s` (Unix seconds) to now."""
        if self._spans is not None:
            self._spans.entered(name, well_formed(given), begun, started_s, refused)

    def stage(
        self,
        group: str,
        handled: Iterable["Incoming[Any]"],
        started_s: float,
        dead: Collection[Place] = (),
        parked: Collection[Place] = (),
    ) -> None:
        """One finished span per record with a trace that a consumer group has handled."""
        if self._spans is None:
            return
        for incoming in handled:
            if incoming.traceparent:
                place = (incoming.topic, incoming.partition, incoming.offset)
                outcome = "dead" if place in dead else "parked" if place in parked else "done"
                self._spans.handled(group, incoming.traceparent, incoming.topic, incoming.type, outcome, started_s)

    def shutdown(self) -> None:
        if self._spans is not None:
            self._spans.shutdown()


def _recorder(service: str, instance: str, endpoint: str) -> "Spans":
    from shared.spans import Spans

    return Spans(service, instance, endpoint)


UNTRACED = Tracing("", "", None)
"""For what runs outside a service."""

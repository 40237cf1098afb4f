"""The parcel fold as the owner of a partition runs it: state from and to bytes, outcomes to messages."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from services.routing.parcels import state as states
from services.routing.parcels.episodes import Raised
from services.routing.parcels.fold import Folded, Moved, Output, fire, fold
from services.routing.parcels.quick import moved_on
from services.routing.parcels.rules import RuleBook, Rules
from services.routing.parcels.scan import Scan
from services.routing.parcels.state import FAULTS, KINDS, ParcelState, parcel_of
from services.routing.parcels.track import NONE
from shared.contracts import topics
from shared.contracts.base import Contract
from shared.contracts.parcels import (
    EXCEPTION_CLEARED,
    EXCEPTION_RAISED,
    PARCEL_MOVED,
    PARCEL_SNAPSHOT,
    ParcelExceptionCleared,
    ParcelExceptionRaised,
    ParcelMoved,
    ParcelSnapshot,
)
from shared.messaging.message import Incoming, Outgoing, outgoing
from shared.messaging.partition_state.batch import instant, micros
from shared.messaging.partition_state.fold import Applied, Packed

SOURCE = "routing"
_micros = lru_cache(maxsize=64)(micros)
"""Scans that came together entered the log at one time."""


class ParcelFold:
    """Keys are tracking numbers, whatever key a sender gave the record."""

    def __init__(self, rules: RuleBook) -> None:
        self._rules_at = lru_cache(maxsize=64)(rules.at)

    def key_of(self, incoming: Incoming[Any]) -> bytes:
        number: str = incoming.event.tracking_number
        return number.encode()

    def decode(self, payload: bytes) -> ParcelState:
        return states.decode(payload)

    def encode(self, state: ParcelState) -> bytes:
        return states.encode(state)

    def quick(self, payload: bytes, incoming: Incoming[Any], now: datetime) -> Packed | None:
        event = incoming.event
        return moved_on(payload, event, self._rules_at(now), _micros(now)) if isinstance(event, Scan) else None

    def apply(self, state: ParcelState | None, incoming: Incoming[Any], now: datetime) -> Applied:
        event = incoming.event
        rules = self._rules_at(now)
        folded = fold(state, event, rules, now, incoming.id)
        if not folded.outputs:
            return Applied(folded.state, folded.due)
        return _applied(folded, event.tracking_number, rules, now, incoming.id, incoming.traceparent)

    def fire(self, key: bytes, state: ParcelState, now: datetime) -> Applied:
        rules, number = self._rules_at(now), key.decode()
        return _applied(fire(state, number, rules, now), number, rules, now, "", None)


def _applied(folded: Folded, number: str, rules: Rules, now: datetime, cause: str, traceparent: str | None) -> Applied:
    return Applied(folded.state, folded.due, list(_messages(folded.outputs, number, rules, now, cause, traceparent)))


def _messages(
    outputs: Iterable[Output],
    number: str,
    rules: Rules,
    now: datetime,
    cause: str,
    traceparent: str | None,
) -> Iterable[Outgoing]:
    for output in outputs:
        kind, event, of = _event(output, number, rules, now)
        yield outgoing(
            topics.PARCEL_EXCEPTIONS,
            event,
            type=kind,
            key=number,
            cause=cause if isinstance(output, ParcelSnapshot) else output.cause,
            place=f"{kind}/{of}",
            time=now,
            source=SOURCE,
            traceparent=traceparent,
        )


def _event(output: Output, number: str, rules: Rules, now: datetime) -> tuple[str, Contract, str]:
    """The message's type and content, and what tells it from others of the same cause."""
    if isinstance(output, ParcelSnapshot):
        return PARCEL_SNAPSHOT, output, output.case_id
    if isinstance(output, Moved):
        ids = tuple(e.exception_id for e in output.state.episodes if not e.cleared_at)
        return PARCEL_MOVED, ParcelMoved(exception_ids=ids, parcel=parcel_of(number, output.state)), number
    episode = output.turn.episode
    parcel, kind = parcel_of(number, output.state), KINDS[episode.kind]
    if isinstance(output.turn, Raised):
        fault = output.turn.fault
        raised = ParcelExceptionRaised(
            exception_id=episode.exception_id,
            kind=kind,
            level=rules.levels[episode.kind],
            fault=None if fault == NONE else FAULTS[fault],
            since=instant(episode.since),
            detected_at=now,
            parcel=parcel,
        )
        return EXCEPTION_RAISED, raised, episode.exception_id
    cleared = ParcelExceptionCleared(
        exception_id=episode.exception_id, kind=kind, cleared_at=instant(episode.cleared_at), parcel=parcel
    )
    return EXCEPTION_CLEARED, cleared, episode.exception_id

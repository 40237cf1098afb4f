"""Scans, rules and times to test parcels with."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.routing.parcels.episodes import Cleared, Raised
from services.routing.parcels.fold import Turned, fold
from services.routing.parcels.rules import RuleBook, Rules
from services.routing.parcels.scan import usual_scan_of
from services.routing.parcels.state import KINDS, ParcelState
from shared.contracts.parcels import PARCEL_SCANNED, ExceptionKind, Fault, Node, ParcelScan, Shipment
from shared.contracts.usual_scan import usual_scan
from shared.messaging.message import Incoming

NUMBER = "SF1234567890123"
START = datetime(2026, 11, 1, 8, tzinfo=UTC)
BOOK = RuleBook()


def rules(now: datetime = START) -> Rules:
    return BOOK.at(now)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def scan(
    hours: float,
    node: Node = Node.HUB_IN,
    exception: ExceptionKind | None = None,
    number: str = NUMBER,
    shipment: Shipment | None = None,
    place: str | None = None,
    fault: Fault | None = None,
) -> ParcelScan:
    return ParcelScan(
        tracking_number=number,
        carrier="sf",
        node=node,
        occurred_at=at(hours),
        exception=exception,
        shipment=shipment,
        place=place,
        fault=fault,
    )


def incoming(event: Any, offset: int, hours: float, cause: str | None = None, partition: int = 0) -> Incoming[Any]:
    """An event that entered the log at `hours`, read as from Kafka: the usual scan by its codes."""
    usual = usual_scan(event.model_dump_json(exclude_none=True).encode())
    return Incoming(
        id=cause or f"e{offset}",
        type=PARCEL_SCANNED,
        event=usual_scan_of(usual) if usual else event,
        key=event.tracking_number,
        time=at(hours),
        topic="parcel-events.v1",
        partition=partition,
        offset=offset,
        timestamp_ms=0,
    )


def folded(scans: Iterable[ParcelScan], state: ParcelState | None = None) -> tuple[ParcelState, list[tuple[str, str]]]:
    """The scans in this order, each taken in as soon as it happened: the state, and what was raised and cleared."""
    turns: list[tuple[str, str]] = []
    for number, event in enumerate(scans):
        outcome = fold(state, event, rules(), event.occurred_at, f"e{number}")
        state = outcome.state
        turns += named(outcome.outputs)
    assert state is not None
    return state, turns


def named(outputs: Sequence[Any]) -> list[tuple[str, str]]:
    """("raised" or "cleared", kind) of each output."""
    return [
        ("raised" if isinstance(o.turn, Raised) else "cleared", KINDS[o.turn.episode.kind].value)
        for o in outputs
        if isinstance(o, Turned) and isinstance(o.turn, Raised | Cleared)
    ]


def open_kinds(state: ParcelState) -> set[ExceptionKind]:
    return {KINDS[e.kind] for e in state.episodes if not e.cleared_at}

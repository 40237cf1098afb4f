"""What a scan, a question or the passing of time does to a parcel: one pure function (RO-11)."""

from datetime import datetime
from typing import NamedTuple

import orjson

from services.routing.parcels import episodes
from services.routing.parcels.episodes import Raised, Turn
from services.routing.parcels.rules import Rules
from services.routing.parcels.scan import Scan, scan_of
from services.routing.parcels.state import DEFAULT_PRODUCT, KIND_CODE, KINDS, NODE_CODE, SIGNED, ParcelState, parcel_of
from services.routing.parcels.track import AT, KIND, NODE, NONE, Point, appended, inserted, points
from shared.contracts.parcels import ExceptionKind, Node, ParcelLookup, ParcelScan, ParcelSnapshot
from shared.messaging.partition_state.batch import micros
from shared.messaging.partition_state.entry import NEVER

DELAY, LOSS = KIND_CODE[ExceptionKind.DELAY], KIND_CODE[ExceptionKind.LOSS]
ARRIVED = frozenset({NODE_CODE[Node.HELD], SIGNED})
WAITING_FOR_DELAY, WAITING_FOR_LOSS, WAITING_FOR_END = range(3)
_UNSEEN = ParcelState("", NEVER, WAITING_FOR_DELAY, False, -1, -1, NONE, (), DEFAULT_PRODUCT, -1, b"", b"")


class Turned(NamedTuple):
    """An exception was raised or cleared; `state` is the parcel right after it; `cause` what it follows from."""

    turn: Turn
    state: ParcelState
    cause: str


class Moved(NamedTuple):
    """The parcel came to another node while an exception is open: its estimate may be another, or it has arrived."""

    state: ParcelState
    cause: str


Output = Turned | Moved | ParcelSnapshot


class Folded(NamedTuple):
    """The new state (the same object: unchanged; None: nothing is kept), what came of it, and its next timer."""

    state: ParcelState | None
    outputs: tuple[Output, ...]
    due: int


def fold(
    state: ParcelState | None, event: Scan | ParcelScan | ParcelLookup, rules: Rules, now: datetime, cause: str
) -> Folded:
    """`now` is when the event entered the log, in business time; timers that were due by then fire before it.

    `cause` is the event's id. A repeated, late or disordered scan only adds what it can teach, by its event time.
    """
    outputs: tuple[Output, ...] = ()
    time = micros(now)
    if state is not None and state.due <= time:
        state, outputs, _ = fire(state, event.tracking_number, rules, now)
    if isinstance(event, ParcelLookup):
        return Folded(state, (*outputs, _snapshot(state, event)), NEVER if state is None else state.due)
    scan = event if isinstance(event, Scan) else scan_of(event)
    after, turns = _scan(state, scan, rules, time, cause)
    if after is None:
        return Folded(None, outputs, NEVER)
    if turns:
        outputs = (*outputs, *[Turned(turn, after, cause) for turn in turns])
    if after.episodes and state is not None and _came_on(state, after, turns, rules):
        outputs = (*outputs, Moved(after, cause))
    return Folded(after, outputs, after.due)


def fire(state: ParcelState, tracking_number: str, rules: Rules, now: datetime) -> Folded:
    """The timers that are due by `now`, one after the other: delayed, presumed lost, forgotten."""
    outputs: list[Turned] = []
    current: ParcelState | None = state
    until = micros(now)
    while current is not None and current.due <= until:
        cause = episodes.timer_cause(tracking_number, current.due)
        current, turns = _fire_one(current, tracking_number, rules)
        if current is not None:
            outputs += [Turned(turn, current, cause) for turn in turns]
    return Folded(current, tuple(outputs), NEVER if current is None else current.due)


def _fire_one(state: ParcelState, tracking_number: str, rules: Rules) -> tuple[ParcelState | None, list[Turn]]:
    if state.signed or state.silence == WAITING_FOR_END:
        return None, []
    kind = DELAY if state.silence == WAITING_FOR_DELAY else LOSS
    kept, turns = episodes.fell_silent(state.episodes, kind, state.last_at, state.due, tracking_number, rules)
    silence = state.silence + 1
    due = due_of(state.last_at, state.last_node, silence, state.signed, state.product, rules)
    return state._replace(episodes=kept, silence=silence, due=due), turns


def due_of(last_at: int, last_node: int, silence: int, signed: bool, product: str, rules: Rules) -> int:
    if signed:
        return last_at + rules.signed_keep
    if silence == WAITING_FOR_END:
        return last_at + rules.silent_keep
    return last_at + rules.limits(last_node, product)[silence]


def _scan(
    state: ParcelState | None, scan: Scan, rules: Rules, now: int, cause: str
) -> tuple[ParcelState | None, list[Turn]]:
    point = _point(scan, rules, now)
    at, node, kind = point[:3]
    if state is None:
        if at + (rules.signed_keep if node == SIGNED else rules.silent_keep) <= now:
            return None, []
        state = _UNSEEN
    later: list[Point] = []
    if (at, node, kind) > state[4:7]:
        after = _as_latest(state, scan, point, rules)
    else:
        known = points(state.track)
        track = inserted(known, point)
        if track is None:
            return state, []
        later = [p for p in known if p[AT] > at]
        after = _as_late(state, scan, track, point, rules)
    if kind == NONE and not after.episodes:
        return after, []
    return _with_exceptions(after, scan, point, later, cause, rules)


def _with_exceptions(
    state: ParcelState, scan: Scan, point: Point, later: list[Point], cause: str, rules: Rules
) -> tuple[ParcelState, list[Turn]]:
    kept, turns = episodes.cleared(state.episodes, point, rules)
    if point[KIND] != NONE:
        kept, raised = episodes.reported(kept, point, later, scan.tracking_number, cause, rules)
        turns += raised
    return state._replace(episodes=kept), turns


def _came_on(before: ParcelState, after: ParcelState, turns: list[Turn], rules: Rules) -> bool:
    """At another node than before, with an exception open that is followed, or at the end of the way with any open."""
    if after.last_node == before.last_node or any(isinstance(turn, Raised) for turn in turns):
        return False
    there = after.last_node in ARRIVED
    return any(not e.cleared_at and (there or e.kind in rules.followed) for e in after.episodes)


def _point(scan: Scan, rules: Rules, now: int) -> Point:
    """A scan from the future is one of a wrong clock: it happened now."""
    return scan.point if scan.at <= now + rules.ahead else (now, *scan.point[1:])


def _as_latest(state: ParcelState, scan: Scan, point: Point, rules: Rules) -> ParcelState:
    """The usual case. A scan after the last one ends the silence; one of the same moment does not."""
    at, node, kind = point[:3]
    silence = WAITING_FOR_DELAY if at > state.last_at else state.silence
    signed = state.signed or node == SIGNED
    product, shipment_at, shipment = _shipment(state, scan, at)
    return ParcelState(
        scan.carrier,
        due_of(at, node, silence, signed, product, rules),
        silence,
        signed,
        at,
        node,
        kind,
        state.episodes,
        product,
        shipment_at,
        shipment,
        appended(state.track, point),
    )


def _as_late(state: ParcelState, scan: Scan, track: bytes, point: Point, rules: Rules) -> ParcelState:
    """What is later stays as it is; but a late signature is a signature, and a shipment's facts are facts."""
    signed = state.signed or point[NODE] == SIGNED
    product, shipment_at, shipment = _shipment(state, scan, point[AT])
    return state._replace(
        due=due_of(state.last_at, state.last_node, state.silence, signed, product, rules),
        signed=signed,
        product=product,
        shipment_at=shipment_at,
        shipment=shipment,
        track=track,
    )


def _shipment(state: ParcelState, scan: Scan, at: int) -> tuple[str, int, bytes]:
    """Product, time and JSON of what is known: of two statements about the same thing the later one holds."""
    if scan.shipment is None:
        return state.product, state.shipment_at, state.shipment
    held = orjson.loads(state.shipment) if state.shipment else {}
    both = {**held, **scan.shipment} if at >= state.shipment_at else {**scan.shipment, **held}
    return both.get("product", DEFAULT_PRODUCT), max(at, state.shipment_at), orjson.dumps(both)


def _snapshot(state: ParcelState | None, lookup: ParcelLookup) -> ParcelSnapshot:
    if state is None:
        return ParcelSnapshot(tracking_number=lookup.tracking_number, case_id=lookup.case_id)
    return ParcelSnapshot(
        tracking_number=lookup.tracking_number,
        case_id=lookup.case_id,
        parcel=parcel_of(lookup.tracking_number, state),
        open_exceptions=tuple(KINDS[e.kind] for e in state.episodes if not e.cleared_at),
    )

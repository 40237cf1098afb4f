"""A parcel's way over the 12 nodes, as the page draws it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from services.notify.texts import Speaker
from services.notify.view import Track
from services.notify.words import Words, short_time
from shared.contracts.parcels import Node, TrackPoint

OPTIONAL = {Node.CUSTOMS: "only_customs", Node.HELD: "only_held"}
"""Nodes that many parcels never pass, with the text that says so."""


@dataclass(frozen=True, slots=True)
class TrackNode:
    """`state`: done, now, skipped (passed without a scan), ahead, optional."""

    name: str
    state: str
    time: str
    note: str
    trouble: str


def track_nodes(track: Track, words: Words, say: Speaker, now: datetime) -> tuple[TrackNode, ...]:
    """The 12 nodes in order, each with its latest scan."""
    scans = {point.node: point for point in sorted(track.points, key=lambda point: point.at)}
    nodes = list(Node)
    here = nodes.index(track.node)
    return tuple(
        _node(node, _state(node, place, here, scans.get(node)), scans.get(node), words, say, now)
        for place, node in enumerate(nodes)
    )


def _state(node: Node, place: int, here: int, scan: TrackPoint | None) -> str:
    if place == here:
        return "now"
    if scan is not None and place < here:
        return "done"
    if node in OPTIONAL:
        return "optional"
    return "skipped" if place < here else "ahead"


def _node(node: Node, state: str, scan: TrackPoint | None, words: Words, say: Speaker, now: datetime) -> TrackNode:
    note = {"optional": say(OPTIONAL[node]) if node in OPTIONAL else "", "skipped": say("not_scanned")}.get(state, "")
    if state in ("done", "now") and scan is not None:
        note = scan.place or scan.description or ""
    shown = scan if state in ("done", "now") else None
    return TrackNode(
        name=words.nodes[node][say.language],
        state=state,
        time=short_time(shown.at, now, say.language) if shown else "",
        note=note,
        trouble=words.exceptions[shown.exception][say.language] if shown and shown.exception else "",
    )

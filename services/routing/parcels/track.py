"""The track of a parcel: its latest scans in event time, whatever the order in which they came. Pure.

It is kept as lines of JSON, oldest first, so that the usual scan, which is the latest one, only appends a line.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

TRACK_POINTS = 24
"""The latest scans that are kept of a parcel."""

PLACE_LENGTH, TEXT_LENGTH = 80, 240
"""Characters kept of a scan's place and description."""

NONE = -1

AT, NODE, KIND, FAULT, PLACE, TEXT = range(6)
Point = Sequence[Any]
"""One scan: (time in microseconds, node, exception kind or NONE, fault or NONE, place, description).

Two scans with the same first three members are the same scan.
"""

Key = tuple[int, int, int]


def key_of(point: Point) -> Key:
    return (point[AT], point[NODE], point[KIND])


def points(track: bytes) -> list[Point]:
    return [orjson.loads(line) for line in track.splitlines()]


def appended(track: bytes, point: Point) -> bytes:
    """The track with one more point, which is later than all."""
    track += orjson.dumps(point, option=orjson.OPT_APPEND_NEWLINE)
    if track.count(b"\n") > TRACK_POINTS:
        return track[track.index(b"\n") + 1 :]
    return track


def inserted(known: Sequence[Point], point: Point) -> bytes | None:
    """The track with a late point in its place, or None where it teaches nothing.

    That is: the same scan is there already, or so many later ones are known that it would not be kept.
    """
    key = key_of(point)
    place = bisect_left(known, key, key=key_of)
    if place < len(known) and key_of(known[place]) == key:
        return None
    if place == 0 and len(known) >= TRACK_POINTS:
        return None
    return _lines([*known[:place], point, *known[place:]][-TRACK_POINTS:])


def _lines(known: Iterable[Point]) -> bytes:
    return b"".join(orjson.dumps(p, option=orjson.OPT_APPEND_NEWLINE) for p in known)

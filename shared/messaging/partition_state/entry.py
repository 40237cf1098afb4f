"""One key's state as it is stored and published: what it has seen, when it is due, and the payload."""

import struct
from typing import NamedTuple

NEVER = 2**62
"""A due time that does not come."""

_FORMAT = 1
_HEADER = struct.Struct(">BqIqq")
_POSITION = struct.Struct(">qI")

POSITION_HEADER = "at"
"""Kafka header of a removal: the position that a value would have carried."""


class Position(NamedTuple):
    """How far a state is: the source offset of the last event in it, and its count of changes.

    Of two states of a key the greater position is the newer one, whoever wrote them and in whatever order.
    """

    offset: int
    version: int


NOWHERE = Position(-1, 0)
"""Older than every position."""


class Entry(NamedTuple):
    """Times are integer microseconds since 1970, UTC.

    `due` is when the state wants to be looked at. `indexed` is where it stands in the due index: never later than
    `due`. An entry that became due later stays where it stands until its turn comes, and moves then: most
    parcels are scanned again long before, so the index is written once in a while instead of at every scan.
    """

    offset: int
    version: int
    due: int
    indexed: int
    payload: bytes

    @property
    def position(self) -> Position:
        return Position(self.offset, self.version)

    def encode(self) -> bytes:
        return _HEADER.pack(_FORMAT, self.offset, self.version, self.due, self.indexed) + self.payload


class UnknownFormat(Exception):
    """A newer release wrote this state: roll forward, or wipe the state and the changelog and replay the source."""


def decode(value: bytes) -> Entry:
    """Raises `UnknownFormat`."""
    form, offset, version, due, indexed = _HEADER.unpack_from(value)
    if form != _FORMAT:
        raise UnknownFormat(f"state format {form}; this release reads {_FORMAT}")
    return Entry(offset, version, due, indexed, value[_HEADER.size :])


def encode_position(position: Position) -> bytes:
    return _POSITION.pack(*position)


def decode_position(value: bytes) -> Position:
    return Position(*_POSITION.unpack(value))

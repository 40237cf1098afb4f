"""Whom an id means besides itself, as customers.v1 tells it: the other ids of one person, and those a person parted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.customers import CustomerEvent


@dataclass(frozen=True, slots=True)
class Alias:
    """`same`: all ids of the person, the id itself among them; `apart`: ids of whom somebody decided that it is
    another. Of two the one with the higher version holds. `key_until`: so long (exclusive) the person is a key account
    by the number of their parcels (RO-5)."""

    same: tuple[str, ...]
    apart: tuple[str, ...]
    version: int
    key_until: datetime | None = None


Aliases = Mapping[str, Alias]


def is_key_account(alias: Alias | None, at: datetime) -> bool:
    """By the number of their parcels."""
    return alias is not None and alias.key_until is not None and at < alias.key_until


def newest(events: Iterable[CustomerEvent]) -> dict[str, Alias]:
    """What the events say of each id, in whatever order they come."""
    found: dict[str, Alias] = {}
    for event in events:
        for known in event.customers:
            alias = Alias(known.handles, known.apart, event.version)
            for handle in known.handles:
                if handle not in found or found[handle].version < event.version:
                    found[handle] = alias
    return found

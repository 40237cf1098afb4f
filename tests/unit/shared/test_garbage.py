"""The garbage collector of a service: what is built at the start is not looked at again."""

import gc
from collections.abc import Iterator

import pytest

from shared import garbage


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_what_was_built_is_frozen_and_rounds_are_seldom() -> None:
    built = [{"rule": n} for n in range(1000)]
    garbage.settle()
    assert gc.get_freeze_count() > len(built)
    assert gc.get_threshold() == (garbage.YOUNG, garbage.MIDDLE, garbage.OLD)


def test_cycles_are_still_collected() -> None:
    garbage.settle()
    for _ in range(10):
        ring: list[object] = []
        ring.append(ring)
        del ring
    assert gc.collect() >= 10

"""When a group looks into the inbox before it writes (SY-2)."""

import pytest

from shared.messaging.caution import BATCHES, TRUSTED_S, Caution


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.req("SY-2")
def test_a_new_owner_asks_and_after_good_batches_the_index_is_enough() -> None:
    caution = Caution()
    for _ in range(BATCHES):
        assert caution.asks_inbox
        caution.went_well()
    assert not caution.asks_inbox
    caution.alarm()
    assert caution.asks_inbox
    assert caution.asks_parking


@pytest.mark.req("SY-3")
def test_an_empty_parking_is_believed_for_a_moment_and_not_after_one_was_parked() -> None:
    time = Time()
    caution = Caution(time)
    assert caution.asks_parking
    caution.nothing_parked()
    assert not caution.asks_parking
    time.now += TRUSTED_S
    assert caution.asks_parking
    caution.nothing_parked()
    caution.parked()
    assert caution.asks_parking

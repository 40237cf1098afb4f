"""Room and rates: overload is told before anything is taken, with a time to come again (IN-8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.admission import Admission, TokenBucket
from services.intake.delivery import Reason, Rejected
from services.intake.rate import Rate
from tests.unit.intake.given import GATEWAYS

pytestmark = pytest.mark.req("IN-8")


class At:
    """A clock that a test sets, and a publisher's pending count."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pending = 0

    def admission(self) -> Admission:
        return Admission(
            lambda: self.pending, max_pending=10, max_bytes=1000, retry_after_s=3, monotonic=lambda: self.now
        )


def test_messages_that_wait_for_kafka_close_the_door() -> None:
    at = At()
    admission = at.admission()
    at.pending = 10
    with pytest.raises(Rejected) as refusal, admission.room(1):
        pytest.fail("let in")
    assert refusal.value.reason is Reason.OVERLOADED
    assert refusal.value.retry_after_s == 3
    at.pending = 9
    with admission.room(1):
        pass


def test_bodies_in_hand_are_bounded_and_their_room_comes_back() -> None:
    admission = At().admission()
    with admission.room(900):
        with pytest.raises(Rejected), admission.room(101):
            pytest.fail("let in")
        with admission.room(100):
            pass
    with pytest.raises(ZeroDivisionError), admission.room(1000):
        _ = 1 // 0
    with admission.room(1000):
        pass


def test_what_is_only_promised_holds_no_room() -> None:
    admission = At().admission()
    with admission.arriving(1000) as slow:
        slow(1)
        with admission.arriving(900) as other:
            other(900)
            with pytest.raises(Rejected):
                slow(100)
        with admission.room(999):
            pass
        with pytest.raises(Rejected), admission.arriving(1000):
            pytest.fail("let in, although there is no room for what it declares")
    with admission.room(1000):
        pass


def test_a_gateway_beyond_its_rate_is_told_when_to_come_again() -> None:
    at = At()
    admission = at.admission()
    web = GATEWAYS["web"].model_copy(update={"rate": Rate(per_second=2, burst=3)})
    other = web.model_copy(update={"name": "other"})
    for _ in range(3):
        admission.count(web)
    with pytest.raises(Rejected) as refusal:
        admission.count(web)
    assert refusal.value.reason is Reason.RATE
    assert refusal.value.retry_after_s == pytest.approx(0.5)
    admission.count(other)
    at.now += 0.5
    admission.count(web)


def test_without_a_rate_nothing_is_counted() -> None:
    admission = At().admission()
    free = GATEWAYS["web"].model_copy(update={"rate": None})
    for _ in range(10_000):
        admission.count(free)


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 20), st.integers(1, 10))
def test_never_more_than_burst_and_rate_allow(pauses: list[float], per_second: int, burst: int) -> None:
    now, taken = 0.0, 0
    bucket = TokenBucket.full(Rate(per_second=per_second, burst=burst), now)
    for pause in pauses:
        now += pause
        wait = bucket.take(now)
        taken += wait == 0
        assert 0 <= wait <= 1 / per_second + 1e-9
        assert taken <= burst + per_second * now + 1e-6

"""The pure halves of the loop: ids, limit, retry policy, fold, dead letters (SY-2, SY-3)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.base import Contract, derived_id
from shared.contracts.topics import TOPICS
from shared.messaging.deadletter import DeadLetterLimit, Origin, dead_letter
from shared.messaging.handler import Decision, InvalidEvent, TransientFailure, fold
from shared.messaging.message import Incoming, Outgoing, outgoing
from shared.messaging.outcome import Dead, Done, Retry
from shared.messaging.retry import RetryPolicy

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Add(Contract):
    amount: int
    mood: str = "good"


def incoming(n: int, key: str, amount: int, mood: str = "good") -> Incoming[Add]:
    return Incoming(f"e{n}", "add", Add(amount=amount, mood=mood), key, NOW, "t", 0, n, 0)


def add(state: int | None, message: Incoming[Any]) -> Decision[int]:
    match message.event.mood:
        case "bug":
            raise ZeroDivisionError
        case "down":
            raise TransientFailure("provider")
        case "nonsense":
            raise InvalidEvent("contradiction")
    return Decision((state or 0) + message.event.amount)


def run(batch: list[Incoming[Add]], states: dict[str, int]) -> tuple[dict[str, int], list[Any]]:
    return fold(batch, states, lambda m: m.key, lambda m, _: m.key, add)


@pytest.mark.req("SY-3")
def test_a_failing_record_parks_its_aggregate_and_spares_the_neighbours() -> None:
    batch = [
        incoming(1, "a", 1),
        incoming(2, "b", 5, "down"),
        incoming(3, "b", 7),
        incoming(4, "a", 2),
        incoming(5, "c", 9, "nonsense"),
        incoming(6, "c", 4),
    ]
    changed, outcomes = run(batch, {"a": 10})
    assert changed == {"a": 13, "c": 4}
    assert [type(o) for o in outcomes] == [Done, Retry, Retry, Done, Dead, Done]


@pytest.mark.req("SY-2")
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.sampled_from(["good", "bug", "down"]))))
def test_what_folds_in_one_batch_folds_the_same_in_two(items: list[tuple[str, int, str]]) -> None:
    batch = [incoming(n, key, amount, mood) for n, (key, amount, mood) in enumerate(items)]
    good = [m for m in batch if m.event.mood == "good"]
    whole, _ = run(good, {})
    middle = len(good) // 2
    first, _ = run(good[:middle], {})
    second, _ = run(good[middle:], first)
    assert {**first, **second} == whole
    _, outcomes = run(batch, {})
    assert len(outcomes) == len(batch)


@pytest.mark.req("SY-3")
@pytest.mark.parametrize(("attempts", "delay"), [(1, 0.5), (2, 1.0), (3, 2.0), (8, 60.0), (50, 60.0)])
def test_backoff_doubles_up_to_its_longest(attempts: int, delay: float) -> None:
    assert RetryPolicy().delay_s(attempts) == delay


@pytest.mark.req("SY-3")
def test_attempts_are_bounded() -> None:
    policy = RetryPolicy(max_attempts=3)
    assert [policy.exhausted(n) for n in (1, 2, 3)] == [False, False, True]


@pytest.mark.req("SY-3")
def test_the_limit_stops_a_run_of_bad_records_and_a_large_share_but_not_one_percent() -> None:
    run_limit = DeadLetterLimit(run=5)
    assert [run_limit.record(bad) for bad in (True,) * 4 + (False,) + (True,) * 5] == [False] * 9 + [True]
    share = DeadLetterLimit(run=1000, share=0.2, window=100)
    assert any(share.record(n % 3 == 0) for n in range(200))
    fine = DeadLetterLimit(run=5, share=0.2, window=100)
    assert not any(fine.record(n % 100 == 0) for n in range(5000))


@pytest.mark.req("SY-2")
def test_the_same_cause_always_gives_the_same_id_and_another_place_another() -> None:
    def made(cause: str, place: str | None = None) -> Outgoing:
        return outgoing(TOPICS[0], Add(amount=1), type="t", key="k", cause=cause, time=NOW, source="s", place=place)

    assert made("c").id == made("c").id == derived_id("c", f"{TOPICS[0].name}/k/t")
    assert len({made("c").id, made("d").id, made("c", "1").id, made("c", "2").id}) == 4


@pytest.mark.req("SY-3")
@given(
    key=st.none() | st.binary(max_size=8),
    value=st.none() | st.binary(max_size=50),
    headers=st.lists(st.tuples(st.text(st.characters(codec="ascii"), max_size=5), st.none() | st.binary(max_size=8))),
)
def test_a_dead_letter_keeps_the_bytes_through_storage(key: Any, value: Any, headers: Any) -> None:
    origin = Origin("topic", 3, 42, key, value, tuple(headers))
    letter = dead_letter(origin, group="g", reason="r" * 900, source="s", now=NOW)
    assert letter.value == (value or b"")
    assert Outgoing.from_document(letter.to_document()) == letter
    assert letter.id == dead_letter(origin, group="g", reason="other", source="s", now=NOW).id
    head = dict(letter.headers())
    assert (head["dl_topic"], head["dl_partition"], head["dl_offset"]) == (b"topic", b"3", b"42")
    assert ("dl_null_value" in head) == (value is None)

"""A process waits at its start for what will come back, and for nothing else."""

import pytest
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError

from shared.patience import until_reached, will_pass


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (KafkaConnectionError("nobody listens"), True),
        (ServerSelectionTimeoutError("no primary"), True),
        (ConnectionRefusedError(), True),
        (TopicAuthorizationFailedError("not allowed"), False),
        (OperationFailure("bad index", code=86), False),
        (ValueError("a bug"), False),
    ],
)
def test_only_what_may_work_in_a_moment_is_waited_for(error: Exception, passes: bool) -> None:
    assert will_pass(error) is passes


@pytest.mark.req("SY-2")
async def test_attempts_until_it_works() -> None:
    failures = [KafkaConnectionError("gone"), ServerSelectionTimeoutError("gone")]

    async def attempt() -> None:
        if failures:
            raise failures.pop()

    await until_reached(attempt, seconds=30)
    assert failures == []


async def test_gives_up_when_the_time_is_over() -> None:
    async def attempt() -> None:
        raise KafkaConnectionError("gone")

    with pytest.raises(KafkaConnectionError):
        await until_reached(attempt, seconds=0)


async def test_a_mistake_is_raised_at_once() -> None:
    attempts = 0

    async def attempt() -> None:
        nonlocal attempts
        attempts += 1
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        await until_reached(attempt, seconds=30)
    assert attempts == 1

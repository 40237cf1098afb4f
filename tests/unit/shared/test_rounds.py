"""SY-2: work that comes round again leaves what somebody else changed to the next round, and hides nothing else."""

from collections.abc import Awaitable, Callable

import pytest
from pymongo.errors import ConnectionFailure, DuplicateKeyError, OperationFailure

from shared.messaging.handler import Conflict
from shared.messaging.rounds import unless_changed

pytestmark = pytest.mark.req("SY-2")


def step(error: Exception | None = None) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        if error is not None:
            raise error

    return work


@pytest.mark.parametrize("error", [Conflict("x"), DuplicateKeyError("x"), OperationFailure("x", 112)])
async def test_who_wrote_first_is_no_failure(error: Exception) -> None:
    assert await unless_changed(step(), "x")
    assert not await unless_changed(step(error), "x")


@pytest.mark.parametrize("error", [ConnectionFailure("x"), ValueError("x")])
async def test_whatever_else_befalls_it_is_raised(error: Exception) -> None:
    with pytest.raises(type(error)):
        await unless_changed(step(error), "x")

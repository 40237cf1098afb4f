"""A bench of intake and a real browser."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.progress.conftest import browser
from tests.e2e.widget.shop import Shop, shop_server
from tests.integration.intake.conftest import bench

__all__ = ["bench", "browser"]


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with shop_server() as made:
        yield made

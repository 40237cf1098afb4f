"""A bench of intake and a real browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.progress.conftest import browser
from tests.e2e.widget.shop import Shop, shop_server
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.intake.harness import Bench
from tools import secret_files

__all__ = ["browser"]


@pytest.fixture
async def bench(infra: Infra, fresh_names: FreshNames, tmp_path: Path) -> AsyncIterator[Bench]:
    secret_files.ensure(tmp_path / "secrets")
    made = Bench(infra, fresh_names, tmp_path, tmp_path / "secrets")
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with shop_server() as made:
        yield made

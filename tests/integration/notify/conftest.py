"""A bench of the notify service per test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.notify.harness import Bench


@pytest.fixture
async def bench(infra: Infra, fresh_names: FreshNames, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(infra, fresh_names, tmp_path)
    await made.open()
    yield made
    await made.close()

"""A bench of the notify service per test, and one of routing where a test wants it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.notify.harness import Bench
from tests.integration.routing.harness import Bench as Routing


@pytest.fixture
async def bench(infra: Infra, fresh_names: FreshNames, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(infra, fresh_names, tmp_path)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def routing(bench: Bench, tmp_path: Path) -> AsyncIterator[Routing]:
    """Of the same topics as the bench of notify."""
    made = Routing(bench.infra, bench.names, tmp_path)
    await made.open()
    yield made
    await made.close()

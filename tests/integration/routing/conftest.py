"""A routing bench per test."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.clock import Clock
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.routing.harness import Bench


@pytest.fixture
async def bench(infra: Infra, fresh_names: FreshNames, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(infra, fresh_names, tmp_path)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def fast_bench(infra: Infra, fresh_names: FreshNames, tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench where an hour of business takes six seconds, from eight in the morning in Shanghai: the desk is open."""
    now = datetime.now(UTC)
    made = Bench(infra, fresh_names, tmp_path, Clock(now, now.replace(hour=0, minute=0), 600.0))
    await made.open()
    yield made
    await made.close()

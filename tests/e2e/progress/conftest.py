"""A bench of the notify service and a real browser."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.notify.harness import Bench

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
INSTALLED = CHROMIUM.exists()


@pytest.fixture
async def bench(infra: Infra, fresh_names: FreshNames, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(infra, fresh_names, tmp_path)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not INSTALLED:
        pytest.skip(f"no browser at {CHROMIUM}: install Debian's chromium, or name one in CHROMIUM")
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield made
        await made.close()

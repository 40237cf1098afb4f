"""All five services, two processes each, every consumer group killed in every window of its loop under load (SY-2)."""

import asyncio
import os
from pathlib import Path

import pytest

from tests.integration.conftest import remove
from tools.chaos.__main__ import Stage, perform
from tools.chaos.report import Run
from tools.stack import Stack
from tools.stack.catalogue import SERVICES
from tools.stack.layout import ROOT

SITE = Path(__file__).parent / "site"
SECONDS, CONTACTS_PER_SECOND = 60.0, 12.0
SEED = 11
WHOLE_LOOPS = {"routing-contacts", "routing-exceptions", "claims", "claims-payer", "notify-plan", "notify-send"}
"""Groups that store something in a transaction and publish what follows from it: five windows each."""


@pytest.mark.slow
@pytest.mark.timeout(420)
@pytest.mark.req("SY-1", "SY-2")
def test_kills_in_each_window_of_each_group_of_each_service_leave_one_effect(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": os.pathsep.join([str(SITE), str(ROOT)]), "KILL_WINDOWS": str(tmp_path)}
    stack = Stack.up(f"var/test-{os.getpid()}-windows", scale=dict.fromkeys(SERVICES, 2), clean=True, env=environment)
    try:
        run = asyncio.run(perform(Stage(stack, SEED), (), SEED, SECONDS, CONTACTS_PER_SECOND))
    finally:
        remove(stack.layout)
    killed = {tuple(marker.name.split(".")) for marker in tmp_path.iterdir()}
    missed = {
        (group, window)
        for group in WHOLE_LOOPS
        for window in ("before", "inside", "after", "published", "committing")
        if (group, window) not in killed
    }
    assert not missed
    assert len(killed) >= 40
    assert_one_effect(run)


def assert_one_effect(run: Run) -> None:
    assert run.verdict.accepted >= SECONDS * CONTACTS_PER_SECOND * 0.8
    assert run.verdict.paid > 0
    assert run.drained_s is not None, run.still
    broken = [(found.name, found.broken, found.examples) for found in run.verdict.findings if found.broken]
    assert broken == []

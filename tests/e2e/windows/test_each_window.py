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
SECONDS, CONTACTS_PER_SECOND = 180.0, 8.0
"""At most: a kill costs its group some seconds, on a slow machine more, so it lasts until all had one."""
SEED = 11
LEAST_ACCEPTED = 200
WHOLE_LOOPS = ("routing-contacts", "routing-exceptions", "claims", "claims-payer", "notify-plan", "notify-send")
"""Groups that store something in a transaction and publish what follows from it: five windows each."""
ELSEWHERE = (
    "intake-parcels",
    "intake-contacts",
    "intake-identity",
    "intake-webchat",
    "routing-parcels",
    "routing-customers",
    "routing-claims",
    "notify-push-plan",
    "notify-push-send",
    "metrics",
)
WINDOWS = ("before", "inside", "after", "published", "committing")
TO_KILL = {(group, window) for group in WHOLE_LOOPS for window in WINDOWS} | {(group, "after") for group in ELSEWHERE}


@pytest.mark.slow
@pytest.mark.timeout(540)
@pytest.mark.req("SY-1", "SY-2")
def test_kills_in_each_window_of_each_group_of_each_service_leave_one_effect(tmp_path: Path) -> None:
    def missed() -> set[tuple[str, ...]]:
        return TO_KILL - {tuple(marker.name.split(".")) for marker in tmp_path.iterdir()}

    environment = {
        "PYTHONPATH": os.pathsep.join([str(SITE), str(ROOT)]),
        "KILL_WINDOWS": str(tmp_path),
        "KILL_WHOLE": ",".join(WHOLE_LOOPS),
    }
    stack = Stack.up(f"var/test-{os.getpid()}-windows", scale=dict.fromkeys(SERVICES, 2), clean=True, env=environment)
    try:
        stage = Stage(stack, SEED)
        run = asyncio.run(perform(stage, (), SEED, SECONDS, CONTACTS_PER_SECOND, enough=lambda: not missed()))
    finally:
        remove(stack.layout)
    assert not missed()
    assert_one_effect(run)


def assert_one_effect(run: Run) -> None:
    assert run.verdict.accepted >= LEAST_ACCEPTED
    assert run.verdict.paid > 0
    assert run.drained_s is not None, run.still
    broken = [(found.name, found.broken, found.examples) for found in run.verdict.findings if found.broken]
    assert broken == []

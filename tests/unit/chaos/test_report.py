"""A run passes only where it happened, came to rest, and nothing is lost or doubled."""

from datetime import UTC, datetime
from typing import Any

import pytest

from demo.invariants.finding import Finding
from tools.chaos.plan import Blow, Strike
from tools.chaos.probes import Probed
from tools.chaos.report import Run
from tools.chaos.verdict import UNANSWERED, Verdict


def run(group: str = "lost", broken: int = 0, **changed: Any) -> Run:
    found = Finding("rule", "规则", "rule", group, 100, broken)
    probed = [Probed(Strike(5, f"routing-{n}", Blow.KILL), 100.0, datetime.now(UTC), [f"i-{n}"], 1) for n in range(3)]
    values: dict[str, Any] = {
        "seed": 7,
        "seconds": 90,
        "offered": 100,
        "retries": 3,
        "probed": probed,
        "case_seen_at": {f"i-{n}": 101.5 + n for n in range(3)},
        "drained_s": 12.0,
        "still": "",
        "verdict": Verdict((found,), 100, 9, 1, 2),
    }
    return Run(**{**values, **changed})


@pytest.mark.req("SY-2")
def test_a_good_run_passes_and_tells_its_recovery() -> None:
    good = run()
    assert good.good
    assert good.document()["recovery_s"] == {"kill": {"p50": 2.5, "max": 3.5}, "freeze": None}


@pytest.mark.req("SY-2")
@pytest.mark.parametrize(
    "bad",
    [
        run("lost", 1),
        run("doubled", 1),
        run("money", 1),
        run(drained_s=None),
        run(verdict=Verdict((), 100, 0, 0, 0)),
        run(verdict=Verdict((), 90, 9, 0, 0)),
        run(case_seen_at={"i-0": 101.0}),
        run(probed=[]),
    ],
    ids=["lost", "doubled", "money", "never at rest", "nothing paid", "hardly accepted", "unrecovered", "no kills"],
)
def test_a_run_that_lost_doubled_or_proved_nothing_fails(bad: Run) -> None:
    assert not bad.good


def test_unanswered_deliveries_are_told_and_are_no_loss() -> None:
    slow = run(UNANSWERED, 2)
    assert slow.good
    assert slow.document()["unanswered"] == 2
    assert slow.document()["lost"] == 0

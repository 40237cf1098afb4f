"""Prefixes on shared clusters: everything of a day carries them, and nothing is deleted without one."""

from pathlib import Path

import pytest

from demo.morning import Options, environment
from demo.tidying import tidy

pytestmark = pytest.mark.req("SY-8")


@pytest.fixture(autouse=True)
def own_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "MONGO_URL"):
        monkeypatch.delenv(name, raising=False)


def test_on_clusters_of_its_own_a_day_needs_no_prefix() -> None:
    told = environment(Options(run="abc"), Path("/rules"))
    assert not [name for name in told if name.endswith("PREFIX")]
    assert told["RULES_DIR"] == "/rules"


def test_on_shared_clusters_everything_has_the_days_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "somewhere:9092")
    told = environment(Options(run="abc"), Path("/rules"))
    assert told["TOPIC_PREFIX"] == told["GROUP_PREFIX"] == "demo-abc-"
    assert told["DATABASE_PREFIX"] == "demo_abc_"


def test_two_days_never_share_a_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGO_URL", "mongodb://somewhere")
    assert Options().prefix != Options().prefix


async def test_without_a_prefix_nothing_is_deleted() -> None:
    with pytest.raises(AssertionError):
        await tidy("somewhere:9092", "mongodb://somewhere", "", "")

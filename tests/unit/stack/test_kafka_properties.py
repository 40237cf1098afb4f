"""The local Kafka's configuration keeps the promises that the services build on."""

from pathlib import Path

import pytest

from shared.contracts.topics import MAX_RECORD_BYTES
from tools.stack.kafka import properties
from tools.stack.layout import Layout

pytestmark = pytest.mark.req("SY-8")


@pytest.fixture
def settings() -> dict[str, str]:
    lines = properties(Layout(Path("/state")), 20_001, 20_002).splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_it_listens_on_loopback_only(settings: dict[str, str]) -> None:
    assert settings["listeners"] == "PLAINTEXT://127.0.0.1:20001,CONTROLLER://127.0.0.1:20002"
    assert settings["log.dirs"] == "/state/data/kafka"


def test_no_topic_is_made_by_accident_and_one_node_is_enough(settings: dict[str, str]) -> None:
    assert settings["auto.create.topics.enable"] == "false"
    factors = {name: value for name, value in settings.items() if name.endswith("replication.factor")}
    assert len(factors) == 4
    assert {*factors.values()} == {"1"}


def test_the_largest_record_fits(settings: dict[str, str]) -> None:
    assert int(settings["message.max.bytes"]) >= MAX_RECORD_BYTES
    assert int(settings["replica.fetch.max.bytes"]) >= int(settings["message.max.bytes"])

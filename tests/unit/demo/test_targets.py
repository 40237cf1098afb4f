"""Compressed time: chats get more time for their first response, and nothing else changes."""

import json
from pathlib import Path

import pytest

from demo import roster
from demo.targets import ROUTING_RULES, stretch, write_rules
from services.routing import rule_files

pytestmark = pytest.mark.req("RO-6", "SY-9")


def seconds(directory: Path) -> dict[str, int]:
    table = json.loads((directory / "sla.json").read_text("utf-8"))
    node = next(node for node in table["nodes"] if node["id"] == "first_response")
    return {row["_id"]: int(row["first_response_seconds"]) for row in node["content"]["rules"]}


def test_only_chats_are_stretched(tmp_path: Path) -> None:
    write_rules(tmp_path / "rules", rate=480.0)
    before, after = seconds(ROUTING_RULES), seconds(tmp_path / "rules")
    stretched = {name for name in before if before[name] != after[name]}
    assert stretched
    assert all("chat" in name for name in stretched)
    assert all(after[name] == 60 * before[name] for name in stretched)


def test_routing_takes_the_copy(tmp_path: Path) -> None:
    write_rules(tmp_path / "rules", rate=480.0)
    rules = rule_files.load(tmp_path / "rules")
    assert rules.self_service.wait == 60 * rule_files.load(ROUTING_RULES).self_service.wait


def test_colleagues_come_beside_the_agents_of_the_roster(tmp_path: Path) -> None:
    write_rules(tmp_path / "rules", rate=480.0)
    known, agents = rule_files.load(ROUTING_RULES).roster.agents, rule_files.load(tmp_path / "rules").roster.agents
    assert known.items() < agents.items()
    assert list(agents) == [row["id"] for row in roster.agents()]


def test_every_other_file_is_the_same(tmp_path: Path) -> None:
    write_rules(tmp_path / "rules", rate=480.0)
    for file in ROUTING_RULES.rglob("*.*"):
        if file.name not in ("sla.json", "self_service.yaml", "agents.yaml"):
            assert (tmp_path / "rules" / file.relative_to(ROUTING_RULES)).read_bytes() == file.read_bytes()


@pytest.mark.parametrize(("rate", "by"), [(1.0, 1.0), (8.0, 1.0), (480.0, 60.0)])
def test_at_natural_pace_nothing_is_stretched(rate: float, by: float) -> None:
    assert stretch(rate) == by

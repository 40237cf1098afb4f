"""agents.yaml: groups, agents, shifts and weights (RO-4)."""

from collections.abc import Mapping
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.routing.decision_table import RuleError
from services.routing.roster import Agent, Group, Roster, Shift
from services.routing.rule_file import RuleFile
from shared.contracts.people import Channel


def roster_of(part: RuleFile) -> Roster:
    try:
        zone = ZoneInfo(part.get("timezone", str))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RuleError(part.file, "timezone", str(error)) from error
    shifts = {name: _shift(part, name, row, zone) for name, row in part.get("shifts", dict).items()}
    groups = {name: Group(part.by_language(name, part.get("groups", dict))) for name in part.get("groups", dict)}
    weights = {channel: part.whole(f"weights.{channel.value}", 0, 1000) for channel in Channel}
    agents: dict[str, Agent] = {}
    for row in part.get("agents", list):
        agent = _agent(part, row, shifts, groups)
        if agent.agent_id in agents:
            raise RuleError(part.file, f"agents.{agent.agent_id}", "stands twice")
        agents[agent.agent_id] = agent
    return Roster(agents, groups, weights, part.whole("waiting_percent", 0, 100))


def _shift(part: RuleFile, name: str, row: Any, zone: ZoneInfo) -> Shift:
    try:
        start, end = (time.fromisoformat(part.get(cell, str, row)) for cell in ("start", "end"))
    except ValueError as error:
        raise RuleError(part.file, f"shifts.{name}", f'{error}; write times as "08:00"') from error
    return Shift(start, end, zone)


def _agent(part: RuleFile, row: Any, shifts: Mapping[str, Shift], groups: Mapping[str, Group]) -> Agent:
    name = part.get("id", str, row)
    for group in part.texts("groups", row):
        part.choice(f"agents.{name}.groups", group, list(groups))
    for language in part.texts("languages", row):
        part.choice(f"agents.{name}.languages", language, ["zh", "en"])
    return Agent(
        agent_id=name,
        name=part.get("name", str, row),
        groups=frozenset(part.texts("groups", row)),
        skills=frozenset(part.texts("skills", row)),
        languages=frozenset(part.texts("languages", row)),
        capacity=part.whole("capacity", 0, 100_000, row),
        shift=shifts[part.choice(f"agents.{name}.shift", part.get("shift", str, row), list(shifts))],
    )

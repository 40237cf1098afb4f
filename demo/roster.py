"""Who is at work on the day: the agents of routing's roster, and colleagues for the day."""

from pathlib import Path
from typing import Any

import yaml

from shared.yaml_lines import parsed

ROUTING_RULES = Path(__file__).resolve().parents[1] / "services" / "routing" / "rules"
COLLEAGUES = Path(__file__).resolve().parent / "texts" / "roster.yaml"
Row = dict[str, Any]


def agents() -> list[Row]:
    return [*_agents(ROUTING_RULES / "agents.yaml"), *_agents(COLLEAGUES)]


def add_colleagues(file: Path) -> None:
    """To a copy of agents.yaml, whose list of agents stands at its end."""
    rows = [yaml.safe_dump([row], allow_unicode=True, default_flow_style=True) for row in _agents(COLLEAGUES)]
    lines = [" ".join(row.strip()[1:-1].split()) for row in rows]
    with file.open("a", encoding="utf-8") as end:
        end.writelines(f"  - {line}\n" for line in lines)


def _agents(file: Path) -> list[Row]:
    rows: list[Row] = parsed(file.read_text("utf-8"))["agents"]
    return rows

"""The service targets under compressed time: nobody answers a chat in the 80 ms that its 30 s become at 384 times."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from demo.roster import ROUTING_RULES, add_colleagues

CHAT = '"web"'
WAIT = re.compile(r"^(wait_minutes: )(\d+)", re.MULTILINE)
# From this rate on a person, however quick, can't keep the target of a chat: it grows with the rate.
NATURAL_RATE = 8.0


def stretch(rate: float) -> float:
    """By how much the response targets of chats are multiplied."""
    return max(1.0, rate / NATURAL_RATE)


def write_rules(directory: Path, rate: float, source: Path = ROUTING_RULES) -> None:
    """A copy of routing's rules for this installation: more agents; the answers to chats are given more time, and as
    much the look-up of a parcel that a question is answered with. All else is as it is delivered."""
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(source, directory)
    file = directory / "sla.json"
    table = json.loads(file.read_text("utf-8"))
    for clock in ("first_response", "next_response"):
        for row in _rows(table, clock):
            if CHAT in row["channel"]:
                row[f"{clock}_seconds"] = str(round(int(row[f"{clock}_seconds"]) * stretch(rate)))
    file.write_text(json.dumps(table, ensure_ascii=False, indent=2), "utf-8")
    add_colleagues(directory / "agents.yaml")
    file = directory / "self_service.yaml"
    file.write_text(WAIT.sub(lambda found: _longer(found, rate), file.read_text("utf-8"), count=1), "utf-8")


def _longer(found: re.Match[str], rate: float) -> str:
    return f"{found[1]}{round(int(found[2]) * stretch(rate))}"


def _rows(table: dict[str, Any], name: str) -> list[dict[str, str]]:
    node = next(node for node in table["nodes"] if node["id"] == name)
    rows: list[dict[str, str]] = node["content"]["rules"]
    return rows

"""Rule files are checked at load, cell by cell; what is wrong is said with file and cell (RO-2, RO-4, RO-6, RO-8)."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.routing import rule_files
from services.routing.decision_table import RuleError

Change = Callable[[Any], None]


def row(content: Any, table: str, row_id: str) -> Any:
    nodes = {node["name"]: node for node in content["nodes"]}
    return next(r for r in nodes[table]["content"]["rules"] if r["_id"] == row_id)


def broken(directory: Path, file: str, change: Change) -> str:
    """The message with which loading fails after one change of a copy of the rules."""
    shutil.copytree(rule_files.DIRECTORY, directory, dirs_exist_ok=True)
    path = directory / file
    content = json.loads(path.read_text()) if path.suffix == ".json" else yaml.safe_load(path.read_text())
    change(content)
    text = json.dumps(content) if path.suffix == ".json" else yaml.safe_dump(content, allow_unicode=True)
    path.write_text(text)
    with pytest.raises(RuleError) as caught:
        rule_files.load(directory)
    return str(caught.value)


def cell(table: str, row_id: str, column: str, value: str) -> Change:
    return lambda content: row(content, table, row_id).update({column: value})


CELLS: list[tuple[str, Change, str]] = [
    ("groups.json", cell("group", "claims", "kind", '"clam"'), "groups.json: group/claims/kind"),
    ("groups.json", cell("group", "claims", "kind", '"claim'), "groups.json: group/claims/kind"),
    ("groups.json", cell("group", "claims", "group", '"nowhere"'), "groups.json: group/claims/group"),
    ("groups.json", cell("group", "unsure", "confidence", "< fifty"), "groups.json: group/unsure/confidence"),
    ("groups.json", cell("group", "unsure", "confidence", ""), "groups.json: group"),
    ("classification.json", cell("kind", "claim", "priority", "5"), "classification.json: kind/claim/priority"),
    ("classification.json", cell("kind", "claim", "priority", "1.5"), "classification.json: kind/claim/priority"),
    ("classification.json", cell("kind", "claim", "priority", ""), "classification.json: kind/claim/priority"),
    ("classification.json", cell("kind", "claim", "tag", "lost"), "classification.json: kind/claim/tag"),
    ("classification.json", cell("kind", "claim", "compensation", "yes"), "classification.json: kind/claim/comp"),
    ("classification.json", cell("confidence", "weak", "_id", "strong"), "classification.json: confidence"),
    ("sla.json", cell("first_response", "chat", "first_response_seconds", '"30"'), "sla.json: first_response/chat"),
    ("sla.json", cell("resolution", "claim", "resolution_warn_percent", "0"), "sla.json: resolution/claim"),
    ("sla.json", lambda c: c.update(source=" "), "sla.json: source"),
    ("sla.json", lambda c: c.update(valid_from=None), "sla.json: valid_from"),
    ("sla.json", lambda c: c.update(valid_to="2020-01-01"), "sla.json: valid_to"),
    ("sla.json", lambda c: c.update(nodes=[]), "sla.json: nodes"),
    ("cases.yaml", lambda c: c.update(reopen_days="seven"), "cases.yaml: reopen_days"),
    ("cases.yaml", lambda c: c.update(self_resolving_kinds=["no"]), "cases.yaml: self_resolving_kinds"),
    ("cases.yaml", lambda c: c.pop("auto_close_summary"), "cases.yaml: auto_close_summary"),
    ("keywords.yaml", lambda c: c["tags"][0]["zh"]["strong"].append(12305), "keywords.yaml: strong"),
    ("keywords.yaml", lambda c: c["tags"][0]["zh"]["strong"].append("没*"), "keywords.yaml: loss/zh/strong"),
    ("keywords.yaml", lambda c: c["tags"][0].update(yields_to=["nothing"]), "keywords.yaml: tags/yields_to"),
    ("keywords.yaml", lambda c: c["forms"].pop("loss"), "keywords.yaml: forms"),
    ("keywords.yaml", lambda c: c["signals"].pop("urgent"), "keywords.yaml: signals"),
    (
        "escalation.yaml",
        lambda c: c["ladders"][0].update(clock="lunch"),
        "escalation.yaml: ladders.first-response.clock",
    ),
    (
        "escalation.yaml",
        lambda c: c["ladders"][0].update(starts="breach: lunch"),
        "escalation.yaml: ladders.first-resp",
    ),
    ("escalation.yaml", lambda c: c["ladders"][0].update(id="resolution"), "escalation.yaml: ladders"),
    (
        "escalation.yaml",
        lambda c: c["ladders"][2]["steps"][0].update(after_minutes=999),
        "escalation.yaml: ladders.res",
    ),
    ("escalation.yaml", lambda c: c["ladders"][0]["steps"][0].update(role="boss"), "escalation.yaml: ladders.first"),
    ("escalation.yaml", lambda c: c["ladders"][0]["steps"][0].update(calendar="moon"), "escalation.yaml: ladders.fir"),
    ("escalation.yaml", lambda c: c["ladders"][0]["steps"][0].update(channels=["owl"]), "escalation.yaml: ladders.fir"),
    (
        "escalation.yaml",
        lambda c: c["ladders"][4]["when"].update(tags=["lunch"]),
        "escalation.yaml: ladders.signed-not",
    ),
    (
        "calendars.yaml",
        lambda c: c["calendars"]["desk"].update(timezone="Moon/Sea"),
        "calendars.yaml: calendars.desk.t",
    ),
    (
        "calendars.yaml",
        lambda c: c["calendars"]["desk"]["week"].update(mon=["08:00-09:00"]),
        "calendars.yaml: calendar",
    ),
    (
        "calendars.yaml",
        lambda c: c["calendars"]["desk"].update(week={"mon": ["9-18"]}),
        "calendars.yaml: calendars.desk",
    ),
    (
        "calendars.yaml",
        lambda c: c["calendars"]["desk"].update(week={"mon": []}),
        "calendars.yaml: calendars.desk.week",
    ),
    (
        "calendars.yaml",
        lambda c: c["calendars"]["office"].update(holidays="XX"),
        "calendars.yaml: calendars.office.hol",
    ),
    (
        "calendars.yaml",
        lambda c: c["calendars"]["outlet"].update(closed=["soon"]),
        "calendars.yaml: calendars.outlet.cl",
    ),
    ("calendars.yaml", lambda c: c["calendars"].update(always={}), "calendars.yaml: calendars.alwa"),
    (
        "sla.json",
        lambda c: c["nodes"][1]["content"]["rules"][1].update(first_response_calendar='"moon"'),
        "sla.json: fi",
    ),
    (
        "sla.json",
        lambda c: c["nodes"][1]["content"]["rules"][2].update(channel='"phone"'),
        "sla.json: first_response/chat-",
    ),
    ("assignment.yaml", lambda c: c.update(ageing_minutes=0), "assignment.yaml: ageing_minutes"),
    ("assignment.yaml", lambda c: c["peak"]["first"][0].update(channel="owl"), "assignment.yaml: peak.first.channel"),
    ("assignment.yaml", lambda c: c["peak"]["first"].append(c["peak"]["first"][0]), "assignment.yaml: peak.first"),
    ("assignment.yaml", lambda c: c["peak"]["later"][0].update(minutes="2h"), "assignment.yaml: minutes"),
    ("agents.yaml", lambda c: c["agents"][0].update(groups=["nobody"]), "agents.yaml: agents.chen.jing.groups"),
    ("agents.yaml", lambda c: c["agents"][0].update(languages=["fr"]), "agents.yaml: agents.chen.jing.languages"),
    ("agents.yaml", lambda c: c["agents"][0].update(capacity=True), "agents.yaml: capacity"),
    ("agents.yaml", lambda c: c["agents"].append(c["agents"][0]), "agents.yaml: agents.chen.jing"),
    ("agents.yaml", lambda c: c["weights"].pop("phone"), "agents.yaml: weights.phone"),
    ("agents.yaml", lambda c: c["shifts"]["day"].update(start="8 o'clock"), "agents.yaml: shifts.day"),
    ("agents.yaml", lambda c: c.update(timezone="Mars/Base"), "agents.yaml: timezone"),
]


@pytest.mark.req("RO-2", "RO-4", "RO-6", "RO-8")
@pytest.mark.parametrize(("file", "change", "names"), CELLS)
def test_an_error_names_file_and_cell(tmp_path: Path, file: str, change: Change, names: str) -> None:
    assert broken(tmp_path, file, change).startswith(names)


@pytest.mark.req("RO-2")
def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    shutil.copytree(rule_files.DIRECTORY, tmp_path, dirs_exist_ok=True)
    (tmp_path / "groups.json").write_text("{")
    with pytest.raises(RuleError, match=r"groups\.json: file"):
        rule_files.load(tmp_path)


@pytest.mark.req("RO-2")
def test_rules_are_valid_only_in_their_time() -> None:
    assert rule_files.load(today=date(2026, 11, 11)).version.startswith("2026-")
    with pytest.raises(RuleError, match="not valid on 2020-01-01"):
        rule_files.load(today=date(2020, 1, 1))


@pytest.mark.req("RO-2")
def test_another_rule_is_another_version(tmp_path: Path) -> None:
    shutil.copytree(rule_files.DIRECTORY, tmp_path, dirs_exist_ok=True)
    before = rule_files.load(tmp_path).version
    path = tmp_path / "cases.yaml"
    path.write_text(path.read_text().replace("reopen_days: 7", "reopen_days: 8"))
    assert rule_files.load(tmp_path).version != before


@pytest.mark.req("RO-2", "RO-10")
@pytest.mark.parametrize("file", ["cases.yaml", "playbook/lists.yaml"])
def test_a_key_that_stands_twice_stops_the_start(tmp_path: Path, file: str) -> None:
    shutil.copytree(rule_files.DIRECTORY, tmp_path, dirs_exist_ok=True)
    with (tmp_path / file).open("a", encoding="utf-8") as end:
        end.write("\nsource: another\n")
    with pytest.raises(RuleError, match="source stands there twice"):
        rule_files.load(tmp_path)

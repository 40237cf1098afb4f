"""RO-12: what is wrong in incidents.yaml is named by file and cell."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from services.routing import rule_files
from services.routing.decision_table import RuleError
from services.routing.incidents import rule_file
from shared.contracts.incidents import Scope
from tests.unit.routing.builders import incident_rules, rules

pytestmark = pytest.mark.req("RO-12")

DEPARTMENTS = ("hub", "linehaul", "service", "customs", "quality")


@pytest.mark.parametrize(
    ("old", "new", "cell"),
    [
        ("bucket_minutes: 5", "bucket_minutes: 7", "bucket_minutes"),
        ("days: 28", "days: 0", "usual.days"),
        ("busy_factor: 3", "busy_factor: 0.5", "usual.busy_factor"),
        ("least: 8", "least: 1", "least"),
        ("probability: 1.0e-6", "probability: 0.3", "scopes.carrier_site.probability"),
        ("window_minutes: 60", "window_minutes: 63", "scopes.carrier_site.window_minutes"),
        ("scope: site,", "scope: town,", "scopes.scope"),
        ("{scope: site,", "{scope: carrier_site,", "scopes.carrier_site"),
        ("own_case: [loss,", "own_case: [theft,", "own_case"),
        ("minutes: 30\n", "minutes: 0\n", "joint_response.minutes"),
        ("role: supervisor", "role: king", "joint_response.escalation.2.role"),
        ("after_minutes: 60", "after_minutes: 6", "joint_response.escalation"),
        ("{department: customs}", "{department: moon}", "task_force.1.members.department"),
        ("{group: claims}", "{grupp: claims}", "task_force.2.members"),
        ("华北: [北京", "华北: [上海", "regions.华北"),
        ("source:", "sorce:", "source"),
        ("valid_to: null", "valid_to: 2026-02-01", "valid_from"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, old: str, new: str, cell: str) -> None:
    file = tmp_path / rule_file.FILE
    text = (rule_files.DIRECTORY / rule_file.FILE).read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(RuleError, match=rf"incidents\.yaml.*{cell}"):
        rule_file.load(tmp_path, rules().roster.groups, DEPARTMENTS, date(2026, 11, 11))


def test_the_shipped_table_loads(tmp_path: Path) -> None:
    shutil.copy(rule_files.DIRECTORY / rule_file.FILE, tmp_path)
    found = rule_file.load(tmp_path, rules().roster.groups, DEPARTMENTS, date(2026, 11, 11))
    assert list(found.scopes) == list(Scope)
    assert found == incident_rules()

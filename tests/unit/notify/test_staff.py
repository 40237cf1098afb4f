"""NO-7: the duty directory: checked cell by cell, whole for every role, and never without somebody to tell."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.notify.internal.staff import FILE, load_directory
from services.notify.internal.words import FILE as WORDS_FILE
from services.notify.tables import TableError
from shared.contracts.staff import Party, PartyKind, StaffRole
from tests.unit.notify.pushes import DIRECTORY, TODAY
from tools.secret_files import WEBHOOK_RECEIVERS

pytestmark = pytest.mark.req("NO-7")
ROUTING = Path(__file__).parents[3] / "services" / "routing" / "rules"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("party: role/courier", "party: role/astronaut", r"staff\.yaml:\d+: staff\.4\.party: .*astronaut is no role"),
        ("party: role/courier", "party: boss", r"staff\.yaml:\d+: staff\.4\.party: .*boss is not kind/name"),
        ("{id: hub,", "{id: outlet,", r"staff\.yaml:\d+: .*outlet stands twice"),
        ("otherwise: duty.manager", "otherwise: nobody", r"staff\.yaml:\d+: .*nobody does not stand in staff"),
        ('"+8657188880005"', '"057188880005"', r"staff\.yaml:\d+: staff\.4\.phone: .*pattern"),
        ("courier.desk@staff.parcelcare.example", "courier.desk", r"staff\.yaml:\d+: staff\.4\.mail: .*malformed"),
        ("name: 当班组长, ", "name: 当班组长, nick: x, ", r"staff\.yaml:\d+: staff\.1\.nick: Extra inputs"),
        (
            ", mail: billing@staff.parcelcare.example",
            "",
            r"staff\.yaml:\d+: staff\.\d+: .*billing has no webhook, mail",
        ),
        ("party: role/provincial_supervisor", "places: [华南], party: role/provincial_supervisor", r"role/provincial_"),
        ("valid_to: null", "valid_to: 2026-03-01", r"staff\.yaml: .*does not hold on 2026-11-22"),
        ("stale_hours: 24", "stale_hours: 0", r"staff\.yaml:12: stale_hours: .*greater than or equal to 1"),
    ],
)
def test_a_wrong_cell_is_named_with_file_and_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    text = FILE.read_text("utf-8")
    assert old in text
    (tmp_path / "staff.yaml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(TableError, match=expected):
        load_directory(TODAY, tmp_path / "staff.yaml")


def test_the_line_is_that_of_the_cell(tmp_path: Path) -> None:
    text = FILE.read_text("utf-8").replace("party: role/courier", "party: role/astronaut")
    (tmp_path / "staff.yaml").write_text(text, "utf-8")
    line = next(n for n, row in enumerate(text.splitlines(), 1) if "astronaut" in row)
    with pytest.raises(TableError, match=rf"staff\.yaml:{line}:"):
        load_directory(TODAY, tmp_path / "staff.yaml")


def test_every_role_department_and_partner_of_routing_has_somebody_and_a_name() -> None:
    lists = yaml.safe_load((ROUTING / "playbook" / "lists.yaml").read_text("utf-8"))
    incidents = yaml.safe_load((ROUTING / "incidents.yaml").read_text("utf-8"))
    members = [m for row in incidents["task_force"] for m in row["members"]]
    wanted = {f"role/{role}" for role in StaffRole} | {f"{kind}/{name}" for m in members for kind, name in m.items()}
    wanted |= {f"department/{name}" for name in lists["departments"]}
    wanted |= {f"partner/{name}" for name in lists["partners"]}
    assert wanted <= {person.party for person in DIRECTORY.staff}
    words = yaml.safe_load(WORDS_FILE.read_text("utf-8"))
    assert wanted <= set(words["parties"])


@pytest.mark.req("RO-4")
def test_every_agent_of_the_roster_is_reached() -> None:
    roster = yaml.safe_load((ROUTING / "agents.yaml").read_text("utf-8"))
    told = {person.party for person in DIRECTORY.staff if person.party.startswith("agent/")}
    assert told == {f"agent/{agent['id']}" for agent in roster["agents"]}


def test_every_kind_field_and_role_of_routings_tables_has_a_name() -> None:
    orders = yaml.safe_load((ROUTING / "work_orders.yaml").read_text("utf-8"))
    words = yaml.safe_load(WORDS_FILE.read_text("utf-8"))
    used = {name for kind in orders["kinds"].values() for name in (*kind["required"], *kind["optional"])}
    assert used == set(words["fields"])
    assert set(orders["kinds"]) == set(words["order_kinds"])
    for name, word in words["fields"].items():
        assert word == orders["fields"][name]


def test_its_receivers_have_secrets_in_a_local_stack() -> None:
    named = {person.webhook for person in DIRECTORY.staff if person.webhook}
    assert named <= set(WEBHOOK_RECEIVERS)


@pytest.mark.parametrize(
    ("party", "group", "places", "expected"),
    [
        ("role/lead", None, (), ["lead"]),
        ("role/lead", "general", (), ["lead"]),
        ("role/lead", "vip", (), ["lead.vip"]),
        ("role/regional_specialist", None, ("深圳宝安网点",), ["specialist.south"]),
        ("role/regional_specialist", None, ("上海浦东网点", "华东"), ["specialist"]),
        ("group/nobody", None, (), ["duty.manager"]),
    ],
)
def test_the_nearest_answers_and_otherwise_the_one_on_duty(
    party: str, group: str | None, places: tuple[str, ...], expected: list[Any]
) -> None:
    kind, _, name = party.partition("/")
    found = DIRECTORY.answering(Party(kind=PartyKind(kind), name=name), group, places)
    assert [person.id for person in found] == expected

"""The official account's menu: within the platform's limits, every node once, keys that intake knows (RO-10)."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.routing.decision_table import RuleError
from services.routing.published import wechat_menu
from services.routing.published.menu import app
from services.routing.rule_files import DIRECTORY
from shared.contracts.parcels import Node
from shared.contracts.playbook import menu_key, node_of_key
from tests.unit.routing_orders.test_playbook import BOOK

pytestmark = pytest.mark.req("RO-10")
SITE = "https://desk.example"
TEXT = (DIRECTORY / "wechat_menu.yaml").read_text()


def entries(menu: dict[str, Any]) -> list[dict[str, str]]:
    return [entry for button in menu["button"] for entry in button["sub_button"]]


def test_what_is_printed_is_what_menu_create_takes() -> None:
    printed = CliRunner().invoke(app, ["--public-url", f"{SITE}/"])
    assert printed.exit_code == 0, printed.output
    assert "\\u" not in printed.output
    menu = json.loads(printed.output)
    assert list(menu) == ["button"]
    assert len(menu["button"]) <= 3
    for button in menu["button"]:
        assert set(button) == {"name", "sub_button"}
        assert len(button["name"].encode()) <= 16
        assert 1 <= len(button["sub_button"]) <= 5
    for entry in entries(menu):
        assert len(entry["name"].encode()) <= 60
        assert set(entry) == {"type", "name", "key" if entry["type"] == "click" else "url"}
    nodes = [node_of_key(e["key"]) for e in entries(menu) if "key" in e]
    assert [node for node in nodes if node] == list(Node)
    assert [e["url"] for e in entries(menu) if e["type"] == "view"] == [f"{SITE}/playbook"]


def test_a_key_names_its_node_and_nothing_else_does() -> None:
    assert [node_of_key(menu_key(node)) for node in Node] == list(Node)
    assert [node_of_key(key) for key in ("", "查件", "playbook/", "playbook/moon", "hub_in")] == [None] * 5


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("寄件分拣", "寄件分拣中心", r"yaml:10: name: .*4 Chinese characters that are shown"),
        ("寄件分拣", "''", "0 bytes"),
        ("{page: 完整手册}", "{page: 客户问题解决手册全文}", "8 Chinese characters"),
        ("{page: 完整手册}", "{page: 完整手册}, {click: 投诉}", r"yaml:12: entries: 6 of them"),
        ("{node: sorted}", "{node: moon}", r"yaml:11: node: 'moon' is not one of"),
        ("{node: sorted}", "{node: sorted, click: x}", "an entry is one of"),
        (", {node: sorted}", "", "missing: sorted"),
        ("{click: 查件}", "{node: sorted}", "playbook/sorted twice"),
        ("{click: 查件}", "{click: playbook/sorted}", "write node instead"),
        ("{click: 查件}", "{click: 5}", "wrong type"),
    ],
)
def test_what_the_platform_would_refuse_or_cut_is_named_with_its_line(
    tmp_path: Path, before: str, after: str, reason: str
) -> None:
    assert before in TEXT
    (tmp_path / "wechat_menu.yaml").write_text(TEXT.replace(before, after, 1))
    with pytest.raises(RuleError, match=reason):
        wechat_menu.load(tmp_path, BOOK, SITE)


@pytest.mark.parametrize(("length", "fits"), [(1024, True), (1025, False)])
def test_an_address_has_its_limit(length: int, fits: bool) -> None:
    site = SITE + "/" + "x" * (length - len(SITE) - len("//playbook"))
    if fits:
        assert wechat_menu.load(DIRECTORY, BOOK, site)
        return
    with pytest.raises(RuleError, match="1025 bytes"):
        wechat_menu.load(DIRECTORY, BOOK, site)


def test_more_buttons_than_three_are_refused(tmp_path: Path) -> None:
    more = "".join(f"  - name: 更多{n}\n    entries: [{{click: 投诉{n}}}]\n" for n in range(1, 3))
    (tmp_path / "wechat_menu.yaml").write_text(TEXT + more)
    with pytest.raises(RuleError, match=r"buttons: 5 of them: the platform takes 1 to 3"):
        wechat_menu.load(tmp_path, BOOK, SITE)


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    wrong = CliRunner().invoke(app, ["--public-url", "desk.example"])
    assert wrong.exit_code == 2
    (tmp_path / "playbook").mkdir()
    missing = CliRunner().invoke(app, ["--public-url", SITE, "--rules-dir", str(tmp_path)])
    assert missing.exit_code == 1
    assert "No menu. lists.yaml" in missing.output

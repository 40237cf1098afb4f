"""The official account's menu (公众号自定义菜单) of the playbook: what `menu/create` takes, in its limits (RO-10).

Limits: 1 to 3 buttons of 1 to 5 sub-buttons; a name has at most 16 and 60 bytes, of which 4 and 8 Chinese characters
are shown; a key has at most 128 bytes, an address 1024.
Source: https://developers.weixin.qq.com/doc/offiaccount/Custom_Menus/Creating_Custom-Defined_Menu.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from services.routing.decision_table import RuleError
from services.routing.lined_rule_file import LINE, LinedRuleFile
from services.routing.playbook import Book
from services.routing.rule_file import RuleFile
from shared.contracts.parcels import Node
from shared.contracts.playbook import menu_key, node_of_key

FILE = "wechat_menu.yaml"
PAGE = "/playbook"
BUTTONS, ENTRIES = 3, 5
KEY_BYTES, ADDRESS_BYTES = 128, 1024
KINDS = ("node", "click", "page")


@dataclass(frozen=True, slots=True)
class NameLimit:
    """`shown`: so many Chinese characters; two letters take the room of one."""

    bytes: int
    shown: int


BUTTON_NAME, ENTRY_NAME = NameLimit(16, 4), NameLimit(60, 8)


def load(directory: Path, book: Book, public_url: str, today: date | None = None) -> dict[str, Any]:
    """The body of `menu/create`. Raises `RuleError` with file and line where the platform would refuse or cut it,
    or a node is missing or stands twice."""
    file = LinedRuleFile.read(directory / FILE, today)
    rows = [file.row(row) for row in _some(file, "buttons", BUTTONS)]
    menu = {"button": [_button(row, file, book, public_url) for row in rows]}
    _each_node_once(file, menu)
    return menu


def _some(part: RuleFile, cell: str, most: int) -> list[Any]:
    found: list[Any] = part.get(cell, list)
    if not 1 <= len(found) <= most:
        raise RuleError(part.file, cell, f"{len(found)} of them: the platform takes 1 to {most}")
    return found


def _button(row: RuleFile, file: LinedRuleFile, book: Book, public_url: str) -> dict[str, Any]:
    name = _named(row, row.get("name", str), BUTTON_NAME)
    return {"name": name, "sub_button": [_entry(file.row(e), book, public_url) for e in _some(row, "entries", ENTRIES)]}


def _entry(row: RuleFile, book: Book, public_url: str) -> Mapping[str, str]:
    given = [name for name in row.content if name != LINE]
    if len(given) != 1:
        raise RuleError(row.file, "entries", f"{', '.join(given)}: an entry is one of {', '.join(KINDS)}")
    kind = row.choice("entries", given[0], KINDS)
    value: str = row.get(kind, str)
    if kind == "node":
        node = Node(row.choice("node", value, tuple(Node)))
        return {"type": "click", "name": _named(row, book.nodes[node]["zh"], ENTRY_NAME), "key": menu_key(node)}
    if kind == "click":
        if node_of_key(value) is not None:
            raise RuleError(row.file, "click", f"{value!r} is the key of a node: write node instead")
        key = _within(row, "click", value, KEY_BYTES)
        return {"type": "click", "name": _named(row, value, ENTRY_NAME), "key": key}
    url = _within(row, "page", f"{public_url}{PAGE}", ADDRESS_BYTES)
    return {"type": "view", "name": _named(row, value, ENTRY_NAME), "url": url}


def _named(row: RuleFile, name: str, limit: NameLimit) -> str:
    shown = sum(1 if char.isascii() else 2 for char in name)
    if shown > 2 * limit.shown:
        raise RuleError(row.file, "name", f"{name!r}: more than the {limit.shown} Chinese characters that are shown")
    return _within(row, "name", name, limit.bytes)


def _within(row: RuleFile, cell: str, text: str, most: int) -> str:
    size = len(text.encode())
    if not 0 < size <= most:
        raise RuleError(row.file, cell, f"{text!r} has {size} bytes: 1 to {most} are taken")
    return text


def _each_node_once(file: RuleFile, menu: Mapping[str, Any]) -> None:
    keys = [entry.get("key") for button in menu["button"] for entry in button["sub_button"]]
    twice = sorted({key for key in keys if key and keys.count(key) > 1})
    if twice:
        raise RuleError(file.file, "buttons", f"{', '.join(twice)} twice")
    if missing := [node.value for node in Node if menu_key(node) not in keys]:
        raise RuleError(file.file, "buttons", f"missing: {', '.join(missing)}")

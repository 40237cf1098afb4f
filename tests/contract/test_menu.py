"""Every key of the menu that routing prints is one that intake answers or makes a contact of (RO-10)."""

from datetime import UTC, datetime

import pytest

from services.intake.adapters.social_table import table
from services.routing import playbook_file
from services.routing.published import wechat_menu
from services.routing.rule_files import DIRECTORY
from shared.contracts.playbook import node_of_key

pytestmark = pytest.mark.req("RO-10")


def test_no_button_leads_nowhere() -> None:
    book = playbook_file.load(DIRECTORY / "playbook", datetime.now(UTC).date())
    menu = wechat_menu.load(DIRECTORY, book, "https://desk.example")
    keys = [entry["key"] for button in menu["button"] for entry in button["sub_button"] if "key" in entry]
    assert [key for key in keys if node_of_key(key) is None and key not in table().menu_contacts] == []

"""rules/social.yaml: an operator's menu keys and wording, checked at load with the line named (IN-1, IN-8)."""

from pathlib import Path

import pytest

from services.intake.adapters.social_table import table
from services.intake.gateways import RULES
from services.intake.lined_yaml import RuleFileError

SHIPPED = (RULES / "social.yaml").read_text("utf-8")


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "social.yaml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.req("IN-1")
def test_another_key_is_a_line(tmp_path: Path) -> None:
    edited = SHIPPED.replace("  理赔: 申请理赔\n", "  理赔: 申请理赔\n  KEY_LOST: 报告丢件\n")
    assert table(write(tmp_path, edited)).menu_contacts["KEY_LOST"] == "报告丢件"
    assert "KEY_LOST" not in table().menu_contacts


@pytest.mark.req("IN-1")
def test_receipts_are_in_both_languages() -> None:
    receipt = table().receipt
    assert (receipt.in_language("zh"), receipt.in_language("en")) == (receipt.zh, receipt.en)
    assert receipt.zh == "您的消息已收到，正在为您处理。"


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ("  查件: 查询快件", "  查件: ''", "查件"),
        ("  查件: 查询快件", "  查件: [查询快件]", "查件"),
        ("  en: We have received your message and are looking into it.", f"  en: {'x' * 291}", "en"),
        ("  en: We", "  fr: We", "fr"),
        ("valid_to: null", "valid_to: soon", "valid_to"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(tmp_path: Path, old: str, new: str, at: str) -> None:
    assert old in SHIPPED
    text = SHIPPED.replace(old, new)
    line = next(n for n, content in enumerate(text.splitlines(), 1) if content.strip().startswith(f"{at}:"))
    with pytest.raises(RuleFileError, match=f"social.yaml:{line}:"):
        table(write(tmp_path, text))

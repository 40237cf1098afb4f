"""Customers read our mails: what is wanted is understood in the words that notify really uses."""

import base64
from pathlib import Path

import pytest
import yaml

from demo.people.mail_reading import NAMED, case_number, matter_of, read
from shared.contracts.interactions import EvidenceKind

pytestmark = pytest.mark.req("CL-2", "NO-1")
NOTIFY = Path(__file__).resolve().parents[3] / "services" / "notify"
WORDS = yaml.safe_load((NOTIFY / "rules" / "words.yaml").read_text("utf-8"))


def test_every_kind_of_evidence_can_be_recognised() -> None:
    assert set(NAMED) == {kind.value for kind in EvidenceKind}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", [kind.value for kind in EvidenceKind])
def test_each_document_is_recognised_by_its_line_alone(language: str, kind: str) -> None:
    name, hint = WORDS["evidence"][kind][language], WORDS["evidence_hints"][kind][language]
    line = f"1. {name}（{hint}）" if language == "zh" else f"1. {name} ({hint})"
    assert [found for found, pattern in NAMED.items() if pattern.search(line)] == [kind]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("template", "matter"), [("evidence_needed", "evidence"), ("reply", "answer")])
def test_subjects_say_what_a_mail_is_about(language: str, template: str, matter: str) -> None:
    subject = (NOTIFY / "templates" / language / f"{template}.subject.j2").read_text("utf-8")
    assert matter_of(subject) == matter


@pytest.mark.parametrize("language", ["zh", "en"])
def test_other_mails_ask_for_nothing(language: str) -> None:
    subject = (NOTIFY / "templates" / language / "closed.subject.j2").read_text("utf-8")
    assert matter_of(subject) == "other"


def test_the_plain_text_and_the_case_number_are_read() -> None:
    text = "请附上：1. 货值证明（订单截图）\n2. 损失照片（近照）"
    raw = (
        b"Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(text.encode())
    )
    ours = read(raw, "<n.PC7K2M9Q4D@parcelcare.example>", "[PC7K2M9Q4D] 请补充理赔材料")
    assert ours.case_number == "PC7K2M9Q4D"
    assert ours.wanted == ("proof_of_value", "damage_photo")


def test_no_number_no_case() -> None:
    assert case_number("Re: hello") is None

"""Other people's odd and malformed mails: none breaks the reader, and most are read as a second reader reads them."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.intake.adapters import mail, mime
from services.intake.delivery import Rejected
from tests.unit.intake.given import SHARED_DATA, accept, mail_delivery

CORPUS = SHARED_DATA / "mail" / "stalwart"
pytestmark = [
    pytest.mark.req("IN-1"),
    pytest.mark.skipif(not CORPUS.exists(), reason="the shared data is not here"),
]


def mails() -> Iterator[tuple[Path, dict[str, Any]]]:
    for file in sorted(CORPUS.rglob("*.eml")):
        yield file, json.loads(file.with_suffix(".json").read_text())


def headers_of(expected: dict[str, Any]) -> dict[str, Any]:
    first: dict[str, Any] = {}
    for header in expected["parts"][0]["headers"]:
        if isinstance(header["name"], str) and isinstance(header["value"], dict):
            first.setdefault(header["name"], header["value"])
    return first


def same_words(one: str, other: str) -> bool:
    # A replacement mark of the other reader stands for what we read by the body's character set.
    return "\ufffd" in other or one.split() == other.split()


def plain_text(parts: list[mime.Leaf]) -> str:
    return "\n".join(mime.decode(p.content, p.charset) for p in parts if p.is_body and p.content_type == "text/plain")


def compare(file: Path, expected: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    message = mime.parse(file.read_bytes())
    parts = list(mime.leaves(message))
    headers = headers_of(expected)
    if text := headers.get("subject", {}).get("Text"):
        yield "subject", same_words(mime.header(message, "Subject"), text)
    listed = headers.get("from", {}).get("Address", {}).get("List") or []
    if listed and "@" in (listed[0].get("address") or ""):
        yield "sender", mail.sender_of(message, None)[1] == listed[0]["address"].lower()
    bodies = [expected["parts"][i]["body"].get("Text") for i in expected["text_body"]]
    if bodies and all(bodies):
        yield "text", same_words(plain_text(parts), "\n".join(bodies))
    yield "attachments", len([p for p in parts if not p.is_body]) == len(expected["attachments"])


def test_none_of_them_breaks_the_reader() -> None:
    taken, refusals = 0, []
    for file in sorted(CORPUS.rglob("*.eml")):
        try:
            accept(mail_delivery(file.read_bytes()))
            taken += 1
        except Rejected as refusal:
            refusals.append(refusal.detail)
    assert taken >= 105
    assert refusals == ["no header lines"]


@pytest.mark.parametrize(
    ("aspect", "share"), [("subject", 0.98), ("sender", 0.98), ("text", 0.85), ("attachments", 0.85)]
)
def test_most_are_read_as_another_reader_reads_them(aspect: str, share: float) -> None:
    agreed: Counter[bool] = Counter()
    for file, expected in mails():
        try:
            agreed.update(same for name, same in compare(file, expected) if name == aspect)
        except mime.Unreadable:
            agreed[False] += 1
    assert agreed.total() >= 70
    assert agreed[True] / agreed.total() >= share

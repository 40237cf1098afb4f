"""Other people's odd and malformed mails, read as a second reader reads them, field by field (IN-1).

`python -m tests.unit.intake.test_mail_samples` prints the table of docs/gateways/mail.md.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from services.intake.adapters.rfc5322 import entity, mime
from services.intake.adapters.rfc5322.bodies import Bodies, bodies_of
from services.intake.adapters.rfc5322.charset import decode
from services.intake.adapters.rfc5322.headers import addresses, date_of, header, message_ids
from services.intake.delivery import Accepted, Reason, Rejected
from tests.unit.intake.given import SHARED_DATA, accept, mail_delivery

CORPUS = SHARED_DATA / "mail" / "stalwart" / "eml"
FILES = sorted(CORPUS.rglob("*.eml"))
pytestmark = [
    pytest.mark.req("IN-1"),
    pytest.mark.skipif(not FILES, reason="the shared data is not here"),
]
FLOORS = {
    "subject": 1.0,
    "from": 1.0,
    "to": 0.98,
    "date": 0.98,
    "message id": 1.0,
    "text": 0.87,
    "text, unclosed parts too": 0.92,
    "html": 0.87,
    "files": 0.88,
    "file names": 0.87,
    "file types": 0.87,
    "file sizes": 0.87,
}
Field = tuple[str, Any, Any]


@dataclass(frozen=True)
class Sample:
    """A mail, or one attached to it, and what the other reader makes of it."""

    body: bytes
    expected: dict[str, Any]

    def header(self, name: str) -> Any:
        """Of the first field of that name; {} where it is there and empty, None where it is not there."""
        fields = (f for f in self.expected["parts"][0]["headers"] if f["name"] == name)
        found = next(fields, None)
        if found is None:
            return None
        return found["value"] if isinstance(found["value"], dict) else {}

    def part(self, number: int) -> Any:
        return self.expected["parts"][number]

    def content(self, number: int) -> tuple[str, Any]:
        """Its kind (Text, Html, Binary, InlineBinary, Message, Multipart) and what is in it."""
        ((kind, content),) = self.part(number)["body"].items()
        return kind, content

    def is_text(self, number: int) -> bool:
        return self.content(number)[0] in ("Text", "Html")

    @property
    def files(self) -> list[int]:
        """What it calls attachments, and the images that it shows within the text: we make no difference."""
        shown = (n for n in self.expected["text_body"] + self.expected["html_body"] if not self.is_text(n))
        return sorted({*self.expected["attachments"], *shown})


@cache
def samples() -> tuple[Sample, ...]:
    return tuple(Sample(file.read_bytes(), json.loads(file.with_suffix(".json").read_text())) for file in FILES)


def fields_of(sample: Sample) -> Iterator[Field]:
    """Name, what the other reader has, what we have; only of fields that the mail has, and of mails attached to it."""
    mail = mime.parse(sample.body)
    found = bodies_of(mime.structure(mail))
    if (subject := sample.header("subject")) is not None:
        yield "subject", " ".join(subject.get("Text", "").split()), header(mail, "Subject")
    for name in ("from", "to"):
        if (listed := sample.header(name)) is not None:
            yield name, _people(listed), addresses(mail, name)
    if (date := sample.header("date")) is not None:
        yield "date", _moment(date.get("DateTime")), date_of(mail)
    if (own_id := sample.header("message_id")) is not None:
        yield "message id", [own_id["Text"]] if own_id else [], message_ids(mail, "message-id")
    yield from _bodies(sample, found)
    yield from _files(sample, found)
    if len(sample.files) == len(found.files):
        for number, part in zip(sample.files, found.files, strict=True):
            kind, content = sample.content(number)
            if kind == "Message" and part.declared_type == "message/rfc822":
                yield from fields_of(Sample(part.content, content))


def _people(value: Any) -> list[tuple[str, str]]:
    listed = value.get("Address", {})
    people = listed.get("List") or [one for group in listed.get("Group", []) for one in group["addresses"]]
    return [(one["name"] or "", one["address"] or "") for one in people]


def _moment(at: Any) -> datetime | None:
    if at is None:
        return None
    if not (1 <= at["month"] <= 12 and 1 <= at["day"] <= 31 and at["hour"] <= 23):
        return None
    offset = timedelta(hours=at["tz_hour"], minutes=at["tz_minute"]) * (-1 if at["tz_before_gmt"] else 1)
    year, month, day, hour, minute, second = (at[n] for n in ("year", "month", "day", "hour", "minute", "second"))
    return datetime(year, month, day, hour, minute, second, tzinfo=timezone(offset)).astimezone(UTC)


def _bodies(sample: Sample, found: Bodies) -> Iterator[Field]:
    for name, theirs, ours in (("text", "text_body", found.text), ("html", "html_body", found.html)):
        expected = [sample.content(n)[1] for n in sample.expected[theirs] if sample.is_text(n)]
        yield name, expected, _texts(ours)
        if name == "text":
            # It files the last part of a multipart that is not closed under attachments; for us it is the text.
            unclosed = [n for n in sample.expected["attachments"] if sample.is_text(n) and not _file_header(sample, n)]
            numbers = sorted({*(n for n in sample.expected[theirs] if sample.is_text(n)), *unclosed})
            more = [sample.content(n)[1] for n in numbers]
            agreed = expected if agree(expected, _texts(ours)) else more
            yield "text, unclosed parts too", [t for t in agreed if t], [t for t in _texts(ours) if t]


def _texts(parts: Sequence[mime.Leaf]) -> list[str]:
    return [decode(part.content, part.charset) for part in parts if part.declared_type in ("text/plain", "text/html")]


def _file_header(sample: Sample, number: int) -> bool:
    return any(field["name"] == "content_disposition" for field in sample.part(number)["headers"])


def _files(sample: Sample, found: Bodies) -> Iterator[Field]:
    theirs, ours = sample.files, found.files
    yield "files", len(theirs), len(ours)
    described = [_described(sample.part(number)) for number in theirs]
    yield "file names", [name for name, _ in described], [part.filename for part in ours]
    yield "file types", [kind for _, kind in described], [part.declared_type for part in ours]
    sizes = [_size(*sample.content(number)) for number in theirs]
    yield "file sizes", sizes, [_our_size(part, size) for part, size in zip(ours, sizes, strict=False)]


def _described(part: Any) -> tuple[str | None, str]:
    types = {"name": None, "filename": None}
    kind = "text/plain"
    for field in part["headers"]:
        if field["name"] in ("content_type", "content_disposition") and isinstance(field["value"], dict):
            value = field["value"].get("ContentType", {})
            types |= {a["name"]: a["value"] for a in value.get("attributes") or () if a["name"] in types}
            if field["name"] == "content_type":
                kind = f"{value['c_type']}/{value['c_subtype'] or ''}".lower()
    return types["filename"] or types["name"], kind


def _size(kind: str, content: Any) -> int | str | None:
    """Of a text the other reader has the characters only, of a message its parts."""
    if kind in ("Text", "Html"):
        return str(content)
    return None if kind == "Message" else len(content)


def _our_size(part: mime.Leaf, theirs: int | str | None) -> int | str | None:
    if isinstance(theirs, str):
        return decode(part.content, part.charset)
    return None if theirs is None else len(part.content)


def agree(theirs: Any, ours: Any) -> bool:
    """Exactly, but for line ends; where the other reader could only mark a letter (U+FFFD), ours may have one."""
    if isinstance(theirs, (list, tuple)):
        return len(theirs) == len(ours) and all(agree(*pair) for pair in zip(theirs, ours, strict=True))
    if isinstance(theirs, str) and isinstance(ours, str):
        theirs, ours = theirs.replace("\r\n", "\n"), ours.replace("\r\n", "\n")
        pattern = re.escape(theirs).replace("\ufffd", "[^\x00-\x7f]{1,2}")
        return theirs == ours or ("\ufffd" in theirs and re.fullmatch(pattern, ours) is not None)
    return bool(theirs == ours)


@cache
def agreement() -> dict[str, tuple[int, int]]:
    """By field: of how many mails we have exactly what the other reader has, and how many have the field."""
    same: Counter[str] = Counter()
    all_: Counter[str] = Counter()
    for sample in samples():
        for name, theirs, ours in fields_of(sample):
            all_[name] += 1
            same[name] += agree(theirs, ours)
    return {name: (same[name], all_[name]) for name in FLOORS}


@pytest.mark.parametrize("field", FLOORS)
def test_fields_are_read_as_another_reader_reads_them(field: str) -> None:
    same, total = agreement()[field]
    assert total >= 1
    assert same / total >= FLOORS[field]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_every_mail_is_taken_or_refused_with_a_reason(file: Path, line_end: bytes) -> None:
    body = file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", line_end)
    try:
        outcome: Accepted | Rejected = accept(mail_delivery(body))
    except Rejected as refusal:
        outcome = refusal
    if isinstance(outcome, Rejected):
        assert (outcome.reason in (Reason.MALFORMED, Reason.INVALID), bool(outcome.detail)) == (True, True)
    else:
        assert outcome.messages


HEADER_FLOORS = {"address.json": 0.83, "id.json": 0.8, "date.json": 0.87, "unstructured.json": 0.9}


def header_agreement(name: str) -> tuple[int, int]:
    """Of headers by themselves, most of them from the standards' own lists of what is allowed."""
    cases = json.loads((CORPUS.parent / name).read_text())
    return sum(_same_header(name, case["header"], case["expected"]) for case in cases), len(cases)


def _same_header(name: str, raw: str, expected: Any) -> bool:
    body = f"X: {raw}".encode()
    mail = entity.read(body, 0, len(body))
    match name:
        case "address.json":
            return agree(_people({"Address": expected or {}}), addresses(mail, "x"))
        case "id.json":
            return agree(expected or [], message_ids(mail, "x"))
        case "date.json":
            return agree(_moment(expected), date_of(replace(mail, fields=(("date", mail.first("x")),))))
        case _:
            return agree(" ".join((expected or "").split()), " ".join(header(mail, "x").split()))


@pytest.mark.parametrize("name", HEADER_FLOORS)
def test_headers_by_themselves_are_read_as_another_reader_reads_them(name: str) -> None:
    same, total = header_agreement(name)
    assert total >= 10
    assert same / total >= HEADER_FLOORS[name]


def table() -> str:
    rows = (f"| {name} | {same} / {total} | {same / total:.3f} |" for name, (same, total) in agreement().items())
    return "\n".join(("| field | same / mails that have it | rate |", "|---|---|---|", *rows))


if __name__ == "__main__":
    print(table(), *(f"{name} {header_agreement(name)}" for name in HEADER_FLOORS), sep="\n")  # noqa: T201 what it is for

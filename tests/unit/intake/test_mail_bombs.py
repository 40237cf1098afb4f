"""Mails made to do harm cost no more than their length, and end in a contact or a refusal with a reason (IN-8)."""

import base64
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.adapters.rfc5322 import mime
from services.intake.delivery import Accepted, Reason, Rejected
from tests.unit.intake.given import SHARED_DATA, accept, mail_delivery

pytestmark = pytest.mark.req("IN-8")

FROM = b"From: li@mail.example\r\n"
SAMPLES = sorted((SHARED_DATA / "mail" / "stalwart").rglob("*.eml"))
OUTCOMES = (Reason.MALFORMED, Reason.INVALID)


def nested(depth: int, lines: int = 0) -> bytes:
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(depth)
    )
    return FROM + opening + b"Content-Type: text/plain\r\n\r\n" + b"--x\r\n" * lines


def same_boundary(depth: int) -> bytes:
    return FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * depth


def many_parts(parts: int) -> bytes:
    return FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * parts


def messages_in_messages(depth: int) -> bytes:
    return FROM + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"x"


def zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\x00" * 20_000_000)
    head = FROM + b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + base64.encodebytes(file.getvalue())


def headed(header: bytes) -> bytes:
    return FROM + header + b"\r\n\r\nhello"


def encoded(encoding: bytes) -> bytes:
    return headed(b"Content-Transfer-Encoding: " + encoding)


BOMBS: dict[str, tuple[Callable[[], bytes], bool]] = {
    "nested": (lambda: nested(10_000), False),
    "nested and long": (lambda: nested(200, 500_000), False),
    "nested as deep as is read, and long": (lambda: nested(20, 500_000), True),
    "one boundary for all": (lambda: same_boundary(5_000), False),
    "parts": (lambda: many_parts(10_000), False),
    "messages in messages": (lambda: messages_in_messages(10_000), True),
    "a header of megabytes": (lambda: headed(b"Subject: " + b"x" * 5_000_000), False),
    "a header of many lines": (lambda: headed(b"Subject: a" + b"\r\n b" * 100_000), True),
    "headers": (lambda: headed(b"X-A: 1\r\n" * 20_001), False),
    "encoded words": (lambda: headed(b"Subject: " + b"=?utf-8?b?5L2g?= " * 20_000), True),
    "parameters": (lambda: headed(b"Content-Type: text/plain" + b"; a*1*=b" * 50_000), True),
    "addresses": (lambda: b"To: " + b"<a@b>, (" * 50_000 + b"\r\n" + headed(b"")[:-9], True),
    "comments": (lambda: headed(b"Cc: " + b"(" * 500_000 + b"\r\nContent-Type: text/plain " + b"(" * 100_000), True),
    "references": (lambda: headed(b"References: " + b"<a@b> " * 50_000), True),
    "base64 garbage": (lambda: encoded(b"base64") + b"=\xff?" * 1_000_000, True),
    "quoted-printable garbage": (lambda: encoded(b"quoted-printable") + b"=Z=\n" * 500_000, True),
    "uuencoded garbage": (lambda: encoded(b"x-uuencode") + b"\nbegin 1 a\n\xff" * 200_000, True),
    "zeros": (lambda: headed(b"") + b"\x00" * 2_000_000, True),
    "hyphens": (lambda: headed(b"Content-Type: multipart/mixed; boundary=-") + b"\r\n--" * 500_000, True),
    "a codec that is none": (lambda: headed(b"Content-Type: text/plain; charset=idna") + b"\xff.x" * 300_000, True),
    "halves of characters": (lambda: headed(b"Content-Type: text/plain; charset=utf-16") + b"\x00\xd8" * 300_000, True),
    "zip bomb": (zip_bomb, True),
}  # fmt: skip


@pytest.mark.timeout(20)
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_taken_or_refused_in_time(bomb: str) -> None:
    make, taken = BOMBS[bomb]
    outcome = outcome_of(make())
    assert isinstance(outcome, Accepted) is taken
    assert isinstance(outcome, Accepted) or outcome.detail


def outcome_of(body: bytes) -> Accepted | Rejected:
    try:
        return accept(mail_delivery(body))
    except Rejected as refusal:
        assert refusal.reason in OUTCOMES  # noqa: PT017 either outcome is right
        return refusal


def test_zips_are_never_unpacked() -> None:
    (leaf,) = mime.leaves(mime.parse(zip_bomb()))
    assert leaf.content_type == "application/zip"
    assert len(leaf.content) < 100_000


MUTATIONS = st.lists(
    st.tuples(st.integers(0, 1_000_000), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=8
)


@pytest.mark.skipif(not SAMPLES, reason="the shared data is not here")
@settings(max_examples=300)
@given(st.sampled_from(SAMPLES or [Path()]), MUTATIONS, st.sampled_from(["li@mail.example", "", "also not"]))
def test_damaged_mails_are_taken_or_refused(file: Path, mutations: list[tuple[int, int, bytes]], path: str) -> None:
    body = bytearray(file.read_bytes())
    for place, length, replacement in mutations:
        at = place % (len(body) + 1)
        body[at : at + length] = replacement
    try:
        accepted = accept(mail_delivery(bytes(body), path))
    except Rejected as refusal:
        assert refusal.reason in OUTCOMES  # noqa: PT017 either outcome is right
    else:
        assert accepted.messages

"""A file's kind by its first bytes, and where that is not what its sender says (IN-4)."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.adapters.filetype import mismatch, shown_type, type_of

pytestmark = pytest.mark.req("IN-4")

OFFICE = "application/vnd.openxmlformats-officedocument."


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "x" * 100)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"\x00\x00\x00\x18ftypmif1", "image/heic"),
        (b"%PDF-1.7", "application/pdf"),
        (b"\n\n%PDF-1.4", "application/pdf"),
        (zipped("a.txt"), "application/zip"),
        (zipped("[Content_Types].xml", "word/document.xml"), OFFICE + "wordprocessingml.document"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), OFFICE + "spreadsheetml.sheet"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x44", "audio/mpeg"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"#!AMR\n", "audio/amr"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
        (b"MZ\x90\x00", "application/vnd.microsoft.portable-executable"),
        (b"just words", None),
        (b"", None),
    ],
)
def test_the_first_bytes_show_the_kind(content: bytes, kind: str | None) -> None:
    assert shown_type(content) == kind


@pytest.mark.parametrize(
    ("content", "declared", "name", "kind", "differs"),
    [
        (b"\xff\xd8\xff", "image/jpg", "a.jpg", "image/jpeg", False),
        (b"\xff\xd8\xff", "application/octet-stream", "a.jpg", "image/jpeg", False),
        (b"\x89PNG\r\n\x1a\n", "image/jpeg", "a.jpg", "image/png", True),
        (b"MZ", "image/jpeg", "a.jpg", "application/vnd.microsoft.portable-executable", True),
        (zipped("a"), "application/vnd.ms-excel.sheet.macroenabled.12", "a.xlsm", None, False),
        (zipped("a"), "image/png", "a.png", "application/zip", True),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword", "a.doc", "application/msword", False),
        (b"hello", "text/csv", "a.csv", "text/csv", False),
    ],
)
def test_the_content_counts_and_a_difference_is_noted(
    content: bytes, declared: str, name: str, kind: str | None, differs: bool
) -> None:
    assert type_of(content, declared, name) == (kind or declared)
    assert (mismatch(content, declared) is not None) is differs


@given(st.binary(max_size=100), st.text(max_size=20), st.text(max_size=20))
def test_no_file_breaks_it(content: bytes, declared: str, name: str) -> None:
    assert isinstance(type_of(content, declared, name), str)


@pytest.mark.parametrize(
    "declared", ["image/jpeg", "image/png", "application/pdf", OFFICE + "wordprocessingml.document"]
)
@pytest.mark.parametrize("content", [b"<html><script>", b"just words", b""])
def test_what_would_show_its_kind_and_does_not_is_of_no_kind(content: bytes, declared: str) -> None:
    assert type_of(content, declared) == "application/octet-stream"
    assert mismatch(content, declared) == "application/octet-stream"


_BEGINNINGS = (
    b"",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"%PDF-",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\x1f\x8b",
    b"BM",
    b"OggS",
)
_DECLARED = (
    "image/jpg",
    "application/x-zip-compressed",
    "application/msword",
    "video/ogg",
    "text/plain",
    "",
    "image/jpeg",
)


@given(
    st.sampled_from(_BEGINNINGS), st.binary(max_size=40), st.sampled_from(_DECLARED), st.sampled_from((None, "a.docx"))
)
def test_what_was_found_once_is_found_again_without_the_name(
    beginning: bytes, rest: bytes, declared: str, name: str | None
) -> None:
    found = type_of(beginning + rest, declared, name)
    assert type_of(beginning + rest, found) == found

"""Text in the character set that it is in, whatever the label says (IN-1)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.adapters.rfc5322.charset import decode
from services.intake.adapters.rfc5322.iso2022cn import decode_iso2022cn
from services.intake.adapters.rfc5322.mailboxes import mailboxes
from services.intake.adapters.rfc5322.parameters import parameters, value_of
from services.intake.adapters.rfc5322.transfer import content_of
from services.intake.adapters.rfc5322.words import decoded
from tests.unit.intake.given import SHARED_DATA

pytestmark = pytest.mark.req("IN-1")

SIMPLIFIED = "您好，我的快递一直没有收到，请帮我查询一下"
TRADITIONAL = "您好，我的包裹還沒有收到，請幫我查詢一下"
LABELS = ("utf-8", "gb2312", "gbk", "big5", "iso-8859-1", "windows-1252", "us-ascii", "koi8-r", "x-no-such", None)
WRITTEN_IN = {
    "gb18030": SIMPLIFIED,
    "gbk": SIMPLIFIED,
    "utf-8": SIMPLIFIED,
    "hz": SIMPLIFIED.replace("，", ","),
    "big5": TRADITIONAL,
}


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("charset", WRITTEN_IN)
def test_chinese_is_read_under_any_label(charset: str, label: str | None) -> None:
    assert decode(WRITTEN_IN[charset].encode(charset), label) == WRITTEN_IN[charset]


@pytest.mark.parametrize("label", LABELS)
def test_utf8_is_known_even_where_it_is_not_chinese(label: str | None) -> None:
    text = "Grüße aus Köln, это моя посылка, 荷物はどこ"
    assert decode(text.encode(), label) == text


@pytest.mark.parametrize(
    ("text", "charset", "label"),
    [
        ("Größe für Öl, Straße", "latin-1", "iso-8859-1"),
        ("café au lait, déjà vu", "latin-1", "us-ascii"),
        ("Die Hasen und die Frösche, ärger als der Tod", "latin-1", None),
        ("naïve “quotes” – dash", "cp1252", "iso-8859-1"),
        ("Привет, где моя посылка", "koi8-r", "koi8-r"),
        ("荷物はどこですか", "shift_jis", "shift_jis"),
        ("荷物はどこですか", "euc_jp", "euc-jp"),
        ("荷物はどこですか", "iso2022_jp", None),
        ("안녕하세요 소포", "euc-kr", "ks_c_5601-1987"),
        ("ΑΒΓ", "iso-8859-7", "iso-8859-7"),
        ("你好", "utf-16", "utf-16"),
        ("你好", "utf-7", "utf-7"),
    ],
)
def test_what_is_labelled_rightly_stays_what_it_is(text: str, charset: str, label: str | None) -> None:
    assert decode(text.encode(charset), label) == text


def test_a_cut_character_costs_one_mark_and_not_the_text() -> None:
    assert decode(SIMPLIFIED.encode("gbk")[:-1], "iso-8859-1")[:-1] == SIMPLIFIED[:-1]
    assert decode(SIMPLIFIED.encode()[:-1], "gb2312")[:-1] == SIMPLIFIED[:-1]


def test_iso_2022_cn_has_no_codec_but_is_read() -> None:
    shifted = bytes(byte & 0x7F for byte in "快递".encode("gb2312"))
    assert decode(b"re: \x1b$)A\x0e" + shifted + b"\x0f ok", "iso-2022-cn") == "re: 快递 ok"
    assert decode_iso2022cn(b"\x1b$)A\x0e" + shifted + b"\nplain") == "快递\nplain"
    assert decode_iso2022cn(b"\x1b$)G\x0eABCD\x0f") == "\ufffd\ufffd"


def test_real_chats_are_read_under_wrong_labels() -> None:
    file = SHARED_DATA / "messages" / "jddc_contexts_zh.jsonl"
    if not file.exists():
        pytest.skip("the shared data is not here")
    texts = [json.loads(line)["context"][:40] for line in file.read_text("utf-8").splitlines()[:300]]
    right = [
        decode(text.encode(charset), label) == text
        for text in texts
        for charset, label in (("gbk", "iso-8859-1"), ("gbk", "utf-8"), ("gbk", "big5"), ("utf-8", "gb2312"))
    ]
    assert sum(right) / len(right) >= 0.99


@given(st.binary(max_size=300), st.sampled_from(LABELS) | st.text(max_size=12))
def test_no_bytes_and_no_label_break_it(content: bytes, label: str | None) -> None:
    decode(content, label).encode("utf-8")


@given(st.text(max_size=200))
def test_no_header_breaks_it(raw: str) -> None:
    decoded(raw, raw[:10]).encode("utf-8")
    value_of(raw)
    for name, address in mailboxes(raw):
        f"{name}{address}".encode()
    assert all(isinstance(value, str) for value in parameters(raw).values())


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("attachment; filename*=gbk''%BF%EC%B5%DD.jpg", "快递.jpg"),
        ("attachment; filename*=iso-8859-1''%E5%BF%AB%E9%80%92.jpg", "快递.jpg"),
        ("attachment; filename*0*=gbk''%BF%EC%B5; filename*1*=%DD.jpg", "快递.jpg"),
        ("attachment; filename*1=b.jpg; filename*0=a", "ab.jpg"),
        ("attachment; filename=our photo.jpg", "our photo.jpg"),
        ('attachment; filename="a\\"b;c.jpg"; size=3', 'a"b;c.jpg'),
        ("attachment;\r\n\tfilename=\r\n a.jpg", "a.jpg"),
        ("attachment filename=a.jpg", "a.jpg"),
    ],
)
def test_file_names_are_read_as_they_are_written(raw: str, name: str) -> None:
    assert parameters(raw)["filename"] == name


def test_a_backslash_within_a_chinese_character_stays() -> None:
    raw = b'attachment; filename="' + "許功蓋.jpg".encode("big5") + b'"'
    value = parameters(raw.decode("ascii", "surrogateescape"))["filename"]
    assert decoded(value, "big5") == "許功蓋.jpg"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Li <li@x.example>", [("Li", "li@x.example")]),
        ('"Li, Lei" <li@x.example>, b@y.example', [("Li, Lei", "li@x.example"), ("", "b@y.example")]),
        ("=?gbk?B?wO7A1w==?= <li@x.example>", [("李雷", "li@x.example")]),
        ("li@x.example (Li Lei)", [("Li Lei", "li@x.example")]),
        ("客服(北京) <a@x.example>; b@y.example", [("客服", "a@x.example"), ("", "b@y.example")]),
        ("Group: a@x.example, B <b@y.example>;", [("", "a@x.example"), ("B", "b@y.example")]),
        ("undisclosed-recipients:;", []),
        ("Li <li@x.example", [("Li", "li@x.example")]),
    ],
)
def test_mailboxes(raw: str, expected: list[tuple[str, str]]) -> None:
    assert mailboxes(raw) == expected


@pytest.mark.parametrize(
    ("raw", "encoding", "content"),
    [
        (b"aGVs\r\nbG8=", "base64", b"hello"),
        (b"aGVsbG8gd29ybGQh*IQ", "base64", b"hello world!!"),
        (b"aGVsbG8=aGVsbG8=", "base64", b"hellohello"),
        (b"not base64 at all, is it? (no!)", "base64", b"not base64 at all, is it? (no!)"),
        (b"=E5=BF=AB=\r\nok=ZZ", "quoted-printable", "快ok=ZZ".encode()),
        (b"begin 644 a\n%:&5L;&\\ \n`\nend\n", "x-uuencode", b"hello"),
        (b"\xff\x00", "binary", b"\xff\x00"),
    ],
)
def test_transfer_encodings(raw: bytes, encoding: str, content: bytes) -> None:
    assert content_of(raw, encoding) == content

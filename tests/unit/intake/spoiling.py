"""What goes wrong with a body between its author and us, deliberately or not: each fault is one function of bytes."""

import re
from collections.abc import Callable, Mapping

from hypothesis import strategies as st

Fault = Callable[[bytes], bytes]

_NUMBER = re.compile(rb"(?<=[:\[, =>])-?\d+(\.\d+)?(?=[,}\] &<\r\n])")
_STRING = re.compile(rb'"([^"\\]*)"')
DEEP = 100_000


def _numbers_become(literal: bytes) -> Fault:
    return lambda body: _NUMBER.sub(literal, body)


def _values_become(literal: bytes) -> Fault:
    """Every value of JSON that is a string (a key has its colon behind it)."""
    return lambda body: re.sub(rb'"[^"\\]*"(?=\s*[,}\]])', literal, body)


def _into_each_string(inner: bytes) -> Fault:
    return lambda body: _STRING.sub(lambda m: b'"' + m[1] + inner + b'"', body)


def _charset(name: str) -> Fault:
    return lambda body: body.decode("utf-8", "replace").encode(name, "replace")


def _keys_twice(body: bytes) -> bytes:
    return re.sub(rb'("\w+")\s*:', rb"\1: null, \1:", body)


def _first_text(inner: bytes) -> Fault:
    """Behind the first `>` or `=` or `:`, wherever the format has its first value."""
    return lambda body: re.sub(rb"[>=:]", lambda m: m[0] + inner, body, count=1)


FAULTS: Mapping[str, Fault] = {
    "nothing": lambda body: b"",
    "half": lambda body: body[: len(body) // 2],
    "but the last byte": lambda body: body[:-1],
    "twice": lambda body: body + body,
    "keys twice": _keys_twice,
    "fields twice": lambda body: body + b"&" + body,
    "deep lists": lambda body: b"[" * DEEP,
    "deep lists, closed": lambda body: b"[" * DEEP + b"]" * DEEP,
    "deep objects": lambda body: b'{"data":' * DEEP + b"1" + b"}" * DEEP,
    "deep values": _values_become(b"[" * 300 + b"]" * 300),
    "deep elements": lambda body: b"<xml>" + b"<a>" * DEEP,
    "huge numbers": _numbers_become(b"9" * 400),
    "beyond the digits of int": _numbers_become(b"9" * 5000),
    "huge exponent": _numbers_become(b"1e400"),
    "tiny exponent": _numbers_become(b"-1e-400"),
    "not a number": _numbers_become(b"NaN"),
    "infinity": _numbers_become(b"-Infinity"),
    "just over 64 bits": _numbers_become(b"18446744073709551616"),
    "year 0": lambda body: body.replace(b"2026", b"0000"),
    "year 9999": lambda body: body.replace(b"2026", b"9999"),
    "values are huge numbers": _values_become(b"9" * 400),
    "values are null": _values_become(b"null"),
    "values are empty": _values_become(b'""'),
    "values are lists": _values_become(b"[]"),
    "values are objects": _values_become(b"{}"),
    "values are long": _values_become(b'"' + b"x" * 30_000 + b'"'),
    "values are digits of another script": _values_become('"١٢٣٤٥٦٧٨٩٠"'.encode()),
    "lone surrogate, escaped": _into_each_string(b"\\ud800"),
    "lone surrogate, in bytes": _into_each_string(b"\xed\xa0\x80"),
    "zero, escaped": _into_each_string(b"\\u0000"),
    "zero bytes within": _first_text(b"\0"),
    "zero bytes before": lambda body: b"\0" * 8 + body,
    "zero bytes behind": lambda body: body + b"\0" * 8,
    "zero bytes between": lambda body: b"\0".join(body[n : n + 1] for n in range(len(body))),
    "control characters": _first_text(b"\x01\x1b\x7f"),
    "reversing marks": _first_text("\u202e\u2066\ufeff".encode()),
    "overlong slash": _first_text(b"\xc0\xaf"),
    "percent of nothing": _first_text(b"%"),
    "percent of bytes": _first_text(b"%ff%00%d8"),
    "entity": _first_text(b"&x;&#0;&#xd800;"),
    "document type": lambda body: b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + body,
    "section that never ends": _first_text(b"<![CDATA["),
    "byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "utf-16": _charset("utf-16"),
    "utf-32": _charset("utf-32-le"),
    "gb18030": _charset("gb18030"),
    "latin-1": _charset("latin-1"),
    "utf-7": _charset("utf-7"),
    "line ends": lambda body: body.replace(b"\r\n", b"\r").replace(b"\n", b"\r"),
    "backwards": lambda body: body[::-1],
}

CONTENT_TYPES = (
    "",
    "application/json; charset=utf-16",
    "application/json; charset=gbk",
    'application/json; charset="',
    "text/xml; charset=no-such-charset",
    "multipart/form-data; boundary=",
    "application/x-www-form-urlencoded",
    "application/cloudevents-batch+json",
    "application/edifact",
    "text/plain",
    "/",
    ";" * 1000,
    "application/json" * 1000,
    "\u00e9\u0000",
)


@st.composite
def spoilt(draw: st.DrawFn, body: bytes) -> bytes:
    """A few faults on top of each other, and some bytes changed, put in or left out."""
    for name in draw(st.lists(st.sampled_from(sorted(FAULTS)), max_size=2)):
        body = FAULTS[name](body)[:200_000]
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(body)))
        put_in = draw(st.binary(max_size=4) | st.sampled_from([b'"', b"{", b"}", b"[", b":", b"&", b"%", b"<", b"'"]))
        body = body[:at] + put_in + body[at + draw(st.integers(0, 5)) :]
    return body

"""Scans as carriers might write them: mostly right, and wrong in one place or another."""

from typing import Any

import orjson
from hypothesis import strategies as st

from shared.contracts.parcels import ExceptionKind, Fault, Node

_times = st.builds(
    "{}-{:02}-{:02}T{:02}:{:02}:{:02}{}{}".format,
    st.sampled_from(["1999", "2000", "2026", "2099", "2100", "20260"]),
    st.integers(0, 13),
    st.integers(0, 32),
    st.integers(0, 25),
    st.integers(0, 61),
    st.integers(0, 61),
    st.sampled_from(["", ".", ".5", ".123456", ".1234567", ",5"]),
    st.sampled_from(["Z", "z", "", "+08:00", "-00:00", "+23:59", "+24:00", "+08:75", "+0800", "+08", "+08:00:30"]),
)
_odd = st.sampled_from([None, 17, 1.5, True, [], ["sf"], {}, {"a": 1}, "", " ", "x" * 501, "\x00", "中", "\u2028"])
_numbers = st.from_regex(r"[A-Z0-9][A-Z0-9-]{2,40}", fullmatch=True) | st.sampled_from(
    ["sf12345", " SF12345", "SF12345\n"]
)
_carriers = st.sampled_from(["sf", "yunda-express", "J&T", "顺丰", " sf", "s" * 64, "s" * 65])
_lines = st.none() | st.text(max_size=20) | st.sampled_from(["x" * 500, "杭" * 500, "杭" * 501])


def fields() -> st.SearchStrategy[dict[str, Any]]:
    """A scan as an object: each field right, or mostly, or something else altogether; some are missing or too many."""
    required = {
        "tracking_number": _numbers | _odd,
        "carrier": _carriers | _odd,
        "node": st.sampled_from([n.value for n in Node]) | _odd,
        "occurred_at": _times | st.sampled_from(["2026-11-20T07:00:00Z", 1_795_000_000]) | _odd,
    }
    optional = {
        "place": _lines | _odd,
        "description": _lines | _odd,
        "exception": st.sampled_from([None, *(k.value for k in ExceptionKind)]) | _odd,
        "fault": st.sampled_from([None, *(f.value for f in Fault)]) | _odd,
        "signer": st.sampled_from([None, "王"]),
        "shipment": st.sampled_from([None, {}, {"product": "express"}]),
        "note": st.just([[[]]]),
    }
    return st.fixed_dictionaries(required, optional=optional)


def plain_fields() -> st.SearchStrategy[dict[str, Any]]:
    """As most scans are."""
    return st.fixed_dictionaries(
        {
            "tracking_number": st.from_regex(r"[A-Z0-9][A-Z0-9-]{3,39}", fullmatch=True),
            "carrier": st.sampled_from(["sf", "yunda-express", "ZTO_2"]),
            "node": st.sampled_from([n.value for n in Node]),
            "occurred_at": st.datetimes().map(lambda t: t.replace(year=2000 + t.year % 100 // 4 * 4).isoformat() + "Z"),
        },
        optional={
            "place": st.none() | st.text(max_size=500),
            "description": st.none() | st.text(max_size=500),
            "exception": st.sampled_from([None, *(k.value for k in ExceptionKind)]),
            "fault": st.sampled_from([None, *(f.value for f in Fault)]),
        },
    )


def values() -> st.SearchStrategy[bytes]:
    """The bytes of a record, not all of them JSON."""
    written = (fields() | plain_fields()).map(orjson.dumps)
    torn = st.tuples(written, st.integers(0, 40)).map(lambda w: w[0][: -w[1]] if w[1] else w[0])
    return written | torn | st.binary(max_size=60) | st.sampled_from([b"[]", b"null", b'"a"', b"1", b"\xff{}", b"{}"])

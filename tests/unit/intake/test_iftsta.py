"""EDIFACT IFTSTA: syntax, several consignments and statuses, times, references, repeats (IN-2, IN-6, IN-8)."""

import contextlib
import json
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.adapters import edifact, iftsta
from services.intake.adapters.edifact import Segment, Unreadable
from services.intake.adapters.edifact_time import time_of
from services.intake.adapters.status_table import table
from services.intake.delivery import Delivery, Reason, Rejected
from shared.contracts.parcels import ExceptionKind, Fault, Node
from tests.unit.intake.given import GATEWAYS, SHARED_DATA, accept, of_topic
from tests.unit.intake.pushes import ids, scans
from tests.unit.intake.pushes import iftsta as sent

TRACKING = SHARED_DATA / "tracking" / "cn_and_edi_dev.jsonl"
ENVELOPE = "UNB+UNOC:3+CARRIER:ZZ+US:ZZ+261120:0900+1'{0}UNZ+1+1'"
HEAD = "UNH+1+IFTSTA:D:96A:UN'BGM+77+S1+9'DTM+137:202611200900:203'NAD+CA+ACME::9'"
TAIL = "UNT+9+1'"


def message(*groups: str) -> str:
    return ENVELOPE.format(HEAD + "".join(groups) + TAIL)


ONE = message("CNI+1+PARCEL0001'STS+1+21'DTM+334:202611200700:203'LOC+5+DEHAM::6:HAMBURG'")


@pytest.mark.req("IN-2")
def test_a_status_becomes_a_scan() -> None:
    (scan,) = scans(accept(sent(ONE)))
    assert (scan.tracking_number, scan.carrier, scan.node) == ("PARCEL0001", "acme", Node.SIGNED)
    assert (scan.occurred_at.isoformat(), scan.place) == ("2026-11-20T07:00:00+00:00", "HAMBURG")


@pytest.mark.req("IN-2")
def test_several_consignments_each_with_several_statuses() -> None:
    text = message(
        "CNI+1+PARCEL0001'STS+1+13'DTM+334:202611200600:203'STS+1+24'DTM+334:202611200700:203'",
        "CNI+2+PARCEL0002'STS+1+23+6'DTM+334:202611200800:203'FTX+AAO+++NOBODY AT HOME'",
        "STS+1+18+14'DTM+334:202611200900:203'",
    )
    found = [(s.tracking_number, s.node, s.exception, s.fault) for s in scans(accept(sent(text)))]
    assert found == [
        ("PARCEL0001", Node.PICKED_UP, None, None),
        ("PARCEL0001", Node.LINEHAUL_OUT, None, None),
        ("PARCEL0002", Node.OUT_FOR_DELIVERY, ExceptionKind.FAILED_DELIVERY, Fault.OTHER),
        ("PARCEL0002", Node.LINEHAUL_OUT, ExceptionKind.DAMAGE, Fault.CARRIER),
    ]


@pytest.mark.req("IN-2")
def test_a_status_of_several_packages_is_a_scan_of_each() -> None:
    text = message("CNI+1+SHIP0001'STS+1+1'DTM+334:202611200600:203'GIN+BJ+SSCC0001+SSCC0002'GIN+BJ+SSCC0003'")
    assert [s.tracking_number for s in scans(accept(sent(text)))] == ["SSCC0001", "SSCC0002", "SSCC0003"]


@pytest.mark.req("IN-2")
@pytest.mark.parametrize(
    ("group", "number"),
    [
        ("CNI+1'STS+1+1'RFF+BM:BILL0001'RFF+EQ:TRHU4561222'", "TRHU4561222"),
        ("CNI+1'STS+1+1'RFF+BM:BILL0001'RFF+AAM:WAYB0001'", "WAYB0001"),
        ("CNI+1'RFF+CN:CARR0001'STS+1+1'", "CARR0001"),
        ("CNI+1'STS+1+1'EQD+CN+TRHU4561222'", "TRHU4561222"),
        ("CNI+1'STS+1+1'RFF+BM:BILL0001'", "BILL0001"),
    ],
)
def test_which_number_a_status_is_about(group: str, number: str) -> None:
    assert [s.tracking_number for s in scans(accept(sent(message(group))))] == [number]


@pytest.mark.req("IN-2")
def test_service_characters_of_una_and_released_marks() -> None:
    text = "UNA*|.! ~" + "UNH|1|IFTSTA*D*01B*UN~NAD|CA|A!|B~CNI|1|PARCEL0001~STS|1|31***EN ROUTE!~ !! NOW~"
    text += "DTM|334*202611200700*203~UNT|6|1~"
    (scan,) = scans(accept(sent(text)))
    assert (scan.carrier, scan.description) == ("a|b", "EN ROUTE~ ! NOW")


@pytest.mark.req("IN-2")
def test_a_partners_own_code_is_read_by_its_text_and_counted_under_its_agency() -> None:
    text = message("CNI+1+PARCEL0001'STS+1+X7::ZZ1:Held by customs+99'DTM+334:202611200700:203'")
    accepted = accept(sent(text))
    (scan,) = scans(accepted)
    assert (scan.node, scan.exception) == (Node.CUSTOMS, ExceptionKind.CUSTOMS_HOLD)
    assert accepted.unknown_codes == ("ZZ1/X7", "reason/99")


@pytest.mark.req("IN-2")
@pytest.mark.parametrize(
    ("value", "form", "zone", "expected"),
    [
        ("202611200700", "203", "+00:00", "2026-11-20T07:00:00+00:00"),
        ("202611200700", "203", "+08:00", "2026-11-19T23:00:00+00:00"),
        ("20261120", "102", "+00:00", "2026-11-20T00:00:00+00:00"),
        ("20261120070030", "204", "+00:00", "2026-11-20T07:00:30+00:00"),
        ("202611200700+0100", "205", "+00:00", "2026-11-20T06:00:00+00:00"),
        ("202611200700CST", "303", "+00:00", "2026-11-19T23:00:00+00:00"),
        ("202611200700", "", "+00:00", "2026-11-20T07:00:00+00:00"),
        ("202613200700", "203", "+00:00", None),
        ("199911200700", "203", "+00:00", None),
        ("2026112007", "203", "+00:00", None),
        ("٢٠٢٦١١٢٠", "102", "+00:00", None),
        ("45", "805", "+00:00", None),
        ("202611200700", "203", "+99:99", None),
    ],
)
def test_times(value: str, form: str, zone: str, expected: str | None) -> None:
    found = time_of(value, form, zone)
    assert (found.isoformat() if found else None) == expected


@pytest.mark.req("IN-2")
def test_texts_are_read_as_the_gateway_or_the_interchange_says() -> None:
    text = message("CNI+1+PARCEL0001'STS+1+31:::签收 Ü'DTM+334:202611200700:203'")
    latin = text.replace("签收 ", "")
    assert scans(accept(sent(latin.encode("latin-1"))))[0].description == "Ü"
    chinese = sent(text.replace("Ü", "").encode("gbk"))
    gateway = GATEWAYS["iftsta"].model_copy(update={"charset": "gb18030"})
    assert scans(accept(replace(chinese, gateway=gateway)))[0].description == "签收"


@pytest.mark.req("IN-6")
def test_a_status_keeps_its_id_in_every_interchange_that_repeats_it() -> None:
    again = sent(ONE.replace("UNB+UNOC:3", "UNB+UNOC:4"), webhook_id="msg_2")
    assert ids(accept(sent(ONE))) == ids(accept(again))
    assert accept(sent(ONE)).id != accept(again).id


@pytest.mark.req("IN-2")
def test_an_interchange_without_a_status_is_taken_and_kept() -> None:
    for text in (message(), "UNH+1+CONTRL:D:3:UN'UNT+2+1'"):
        accepted = accept(sent(text))
        assert accepted.suppressed
        assert len(of_topic(accepted, "raw.v1")) == 1


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (sent(ONE, content_type="application/json"), Reason.MEDIA_TYPE),
        (replace(sent(ONE), body=ONE.replace("21", "13").encode()), Reason.SIGNATURE),
        (sent("hello"), Reason.MALFORMED),
        (sent(""), Reason.MALFORMED),
        (sent("UNB+UNOC:3'UNZ+0+1'"), Reason.MALFORMED),
        (sent(ONE.replace("UNT+9+1'", "")), Reason.MALFORMED),
        (sent(ONE + "UNT+1+1'"), Reason.MALFORMED),
        (sent("UNA:+.? UNH"), Reason.MALFORMED),
        (sent("UNA::::::UNH+1'"), Reason.MALFORMED),
        (sent("UNA:+"), Reason.MALFORMED),
        (sent(message("CNI+1'STS+1+21'")), Reason.INVALID),
        (sent(message("CNI+1+PARCEL0001'STS+1+21'DTM+334:soon:203'")), Reason.INVALID),
        (sent(message("CNI+1+签收'STS+1+21'")), Reason.INVALID),
    ],
)
def test_a_wrong_interchange_is_refused(wrong: Delivery, reason: Reason) -> None:
    with pytest.raises(Rejected) as refusal:
        accept(wrong)
    assert refusal.value.reason is reason


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    "text",
    [
        message("CNI+1'" + "RFF+ZZ:1'" * 20_000 + "STS+1+1'" * 20_000),
        "RFF+ZZ:1'".join(["UNH+1+IFTSTA:D:96A:UN'", *["" for _ in range(20_000)], "STS+1+1'" * 20_000, TAIL]),
        message("CNI+1'STS+1+1'DTM+334:202611200600:203'GIN+BJ" + "+A??0" * 190 + "'" + "FTX+AAO+++X?'Y'" * 40_000),
        "UNH+1+IFTSTA'" + "?+" * 700_000,
    ],
    ids=["much of a consignment", "much of a message", "much of a status", "much released"],
)
def test_a_large_interchange_costs_no_more_than_its_size(text: str) -> None:
    began = time.process_time()
    with contextlib.suppress(Rejected):
        accept(sent(text))
    assert time.process_time() - began < 8


@pytest.mark.req("IN-8")
def test_one_interchange_brings_at_most_some_thousand_scans() -> None:
    packages = "".join(f"GIN+BJ+P{n:05}'" for n in range(iftsta.MAX_SCANS + 1))
    with pytest.raises(Rejected) as refusal:
        accept(sent(message(f"CNI+1'STS+1+1'DTM+334:202611200600:203'{packages}")))
    assert refusal.value.reason is Reason.TOO_LARGE


VALUE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp", "Cs"]), max_size=12)


@pytest.mark.req("IN-8")
@given(st.lists(st.lists(VALUE, min_size=1, max_size=4), min_size=1, max_size=6))
def test_what_is_released_is_read_as_it_was(elements: list[list[str]]) -> None:
    def released(value: str) -> str:
        return "".join(f"?{c}" if c in "?+:'" else c for c in value)

    text = "ABC+" + "+".join(":".join(map(released, parts)) for parts in elements) + "'"
    assert list(edifact.segments(text)) == [Segment("ABC", tuple(map(tuple, elements)))]


@pytest.mark.req("IN-8")
@given(st.text(max_size=200))
def test_any_text_is_segments_or_unreadable(text: str) -> None:
    with contextlib.suppress(Unreadable):
        list(edifact.messages(text))


@pytest.mark.req("IN-2")
@pytest.mark.skipif(not TRACKING.exists(), reason="the shared data is not here")
def test_a_real_message_gives_status_time_and_equipment_as_expected() -> None:
    rows = [json.loads(line) for line in TRACKING.read_text().splitlines()]
    (row,) = [r for r in rows if r["format"] == "edifact-iftsta"]
    (read,) = iftsta.read(row["raw"].encode())
    (status,) = iftsta.statuses_of(read)
    written = "+".join(":".join(parts) for parts in status.sts.elements)
    assert [written] == row["expected"]["sts"]
    assert status.own[3].get(0, 1) == row["expected"]["event_time"][0]
    (scanned,) = iftsta.scans_of(status, 1, table("iftsta"), "iftsta")
    assert [scanned.scan.tracking_number] == row["expected"]["equipment"]
    assert (scanned.scan.node, scanned.scan.place) == (Node.LINEHAUL_OUT, "SYRACUSE")
    unt = next(s for s in edifact.segments(row["raw"]) if s.tag == "UNT")
    assert [unt.get(0)] == row["expected"]["unt_count"]
    assert scans(accept(sent(row["raw"])))[0].carrier == "abcd"

"""Kuaidi100 pushes: signature, answer, the table of codes, and lines that every push repeats (IN-2, IN-6, IN-8)."""

import hashlib
import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest

from services.intake.adapters.kuaidi100 import LastResult, scans_of
from services.intake.adapters.status_table import meaning, table
from services.intake.delivery import Accepted, Delivery, Reason, Rejected
from shared.contracts.parcels import ExceptionKind, Fault, Node, ParcelScan
from tests.unit.intake.given import GATEWAYS, NOW, REAL, SALT, SHARED_DATA, accept, of_topic, read

TRACKING = SHARED_DATA / "tracking" / "cn_and_edi_dev.jsonl"
LINES = [
    {
        "ftime": "2026-11-20 15:00:00",
        "context": "快件到达【杭州分拨中心】",
        "statusCode": "1002",
        "areaName": "浙江,杭州市",
    },
    {"ftime": "2026-11-20 12:00:00", "context": "已揽收", "statusCode": "103"},
]


def push(lines: list[dict[str, Any]], **change: Any) -> str:
    result = {"nu": "YT1234567890123", "com": "yuantong", "state": "0", "ischeck": "0", "data": lines} | change
    return json.dumps(
        {"status": "polling", "billstatus": "got", "message": "", "lastResult": result}, ensure_ascii=False
    )


def delivery(param: str, sign: str | None = None, content_type: str = "application/x-www-form-urlencoded") -> Delivery:
    correct = hashlib.md5((param + SALT).encode()).hexdigest().upper()
    body = urlencode({"sign": correct if sign is None else sign, "param": param}).encode()
    return Delivery(GATEWAYS["kuaidi100"], {"content-type": content_type}, body, NOW, REAL)


def scans(accepted: Accepted) -> list[ParcelScan]:
    return [read(m, ParcelScan) for m in of_topic(accepted, "parcel-events.v1")]


@pytest.mark.req("IN-2")
def test_a_push_becomes_scans_oldest_first_in_utc() -> None:
    found = scans(accept(delivery(push(LINES))))
    assert [(s.node, s.occurred_at.isoformat()) for s in found] == [
        (Node.PICKED_UP, "2026-11-20T04:00:00+00:00"),
        (Node.HUB_IN, "2026-11-20T07:00:00+00:00"),
    ]
    assert found[1].place == "浙江,杭州市"
    assert {s.tracking_number for s in found} == {"YT1234567890123"}
    assert {s.carrier for s in found} == {"yuantong"}


@pytest.mark.req("IN-2")
def test_the_answer_is_what_kuaidi100_expects() -> None:
    accepted = accept(delivery(push(LINES)))
    assert accepted.status == 200
    assert accepted.answer == {"result": True, "returnCode": "200", "message": "成功"}


@pytest.mark.req("IN-6")
def test_a_line_keeps_its_id_in_every_push_that_repeats_it() -> None:
    newer = {"ftime": "2026-11-20 18:00:00", "context": "正在派件", "statusCode": "5"}
    first = [m.id for m in of_topic(accept(delivery(push(LINES))), "parcel-events.v1")]
    later = [m.id for m in of_topic(accept(delivery(push([newer, *LINES]))), "parcel-events.v1")]
    assert later[:2] == first
    assert len(set(later)) == 3


@pytest.mark.req("IN-6")
def test_the_same_push_again_has_the_same_original() -> None:
    assert accept(delivery(push(LINES))).id == accept(delivery(push(LINES))).id
    assert accept(delivery(push(LINES))).id != accept(delivery(push(LINES[1:]))).id


@pytest.mark.req("IN-2")
@pytest.mark.parametrize(
    ("code", "node"), [("1099", Node.LINEHAUL_OUT), ("399", Node.SIGNED), ("99999", Node.LINEHAUL_OUT)]
)
def test_an_unknown_code_keeps_the_nearest_node_and_is_counted(code: str, node: Node) -> None:
    accepted = accept(delivery(push([{"ftime": "2026-11-20 15:00:00", "context": "—", "statusCode": code}])))
    scan = scans(accepted)[0]
    assert (scan.node, scan.exception) == (node, None)
    assert accepted.unknown_codes == (code,)


@pytest.mark.req("IN-2")
def test_the_end_of_a_subscription_without_a_track_is_taken_and_brings_nothing() -> None:
    accepted = accept(delivery(push([], nu="4310508235533")))
    assert scans(accepted) == []
    assert accepted.suppressed
    assert len(of_topic(accepted, "raw.v1")) == 1


@pytest.mark.req("IN-2")
@pytest.mark.parametrize("status", ["polling", "shutdown", "abort", "updateall"])
def test_every_state_of_monitoring_is_taken_with_its_lines(status: str) -> None:
    body = json.loads(push(LINES)) | {"status": status}
    assert len(scans(accept(delivery(json.dumps(body))))) == 2


@pytest.mark.req("IN-2")
@pytest.mark.parametrize("missing", [{}, {"lastResult": None}, {"lastResult": {"nu": "", "com": "", "data": None}}])
def test_the_end_of_monitoring_says_why_and_is_no_movement(missing: dict[str, object]) -> None:
    body = json.loads(push([])) | {"status": "abort", "message": "60天无变化"} | missing
    accepted = accept(delivery(json.dumps(body)))
    assert (scans(accepted), accepted.suppressed) == ([], "push without a track (abort: 60天无变化)")
    assert accepted.answer == {"result": True, "returnCode": "200", "message": "成功"}


@pytest.mark.req("IN-2")
def test_monitoring_that_goes_on_with_another_carrier_names_that_one() -> None:
    body = json.loads(push(LINES)) | {"autoCheck": "1", "comOld": "yuantong", "comNew": "ems"}
    assert {s.carrier for s in scans(accept(delivery(json.dumps(body))))} == {"ems"}
    assert {s.carrier for s in scans(accept(delivery(json.dumps(body | {"autoCheck": "0"}))))} == {"yuantong"}


@pytest.mark.req("IN-2")
def test_the_track_abroad_belongs_to_the_same_number() -> None:
    abroad = {"nu": "", "com": "usps", "state": "3", "data": [{"ftime": "2026-11-21 08:00:00", "context": "Delivered"}]}
    body = json.loads(push(LINES)) | {"destResult": abroad}
    found = scans(accept(delivery(json.dumps(body))))
    assert [(s.carrier, s.tracking_number) for s in found[-2:]] == [
        ("yuantong", "YT1234567890123"),
        ("usps", "YT1234567890123"),
    ]
    assert found[-1].node is Node.SIGNED


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (delivery(push(LINES), sign="0" * 32), Reason.SIGNATURE),
        (delivery(push(LINES), sign=""), Reason.INVALID),
        (delivery(push(LINES), content_type="application/json"), Reason.MEDIA_TYPE),
        (delivery("{"), Reason.MALFORMED),
        (delivery("[]"), Reason.INVALID),
        (delivery(push([{"ftime": "2026-02-30 10:00:00", "context": "x"}])), Reason.INVALID),
        (delivery(push([{"context": "x"}])), Reason.INVALID),
        (delivery(push(LINES, nu="")), Reason.INVALID),
        (replace(delivery(push(LINES)), body=b"param=%FF%FE&sign=1"), Reason.MALFORMED),
        (replace(delivery(push(LINES)), body=quote_plus("签收".encode("gbk")).encode()), Reason.MALFORMED),
        (replace(delivery(push(LINES)), body="param=签收".encode("gbk")), Reason.MALFORMED),
        (replace(delivery(push(LINES)), body=b"a=1&" * 30), Reason.MALFORMED),
        (replace(delivery(push(LINES)), body=b""), Reason.INVALID),
    ],
)
def test_a_wrong_push_is_refused(wrong: Delivery, reason: Reason) -> None:
    with pytest.raises(Rejected) as refusal:
        accept(wrong)
    assert refusal.value.reason is reason


@pytest.mark.req("IN-2")
@pytest.mark.parametrize(
    ("code", "text", "node", "exception", "fault"),
    [
        ("3", "已签收", Node.SIGNED, None, None),
        ("304", "您的快件已由快递驿站代收", Node.SIGNED, None, None),
        ("501", "已投放至丰巢柜", Node.HELD, None, None),
        ("203", "收件人拒收", Node.OUT_FOR_DELIVERY, ExceptionKind.REFUSED, Fault.CONSIGNEE),
        ("13", "清关异常", Node.CUSTOMS, ExceptionKind.CUSTOMS_HOLD, Fault.CUSTOMS),
        ("209", "包裹破损", Node.DESTINATION_IN, ExceptionKind.DAMAGE, Fault.CARRIER),
        ("2", "因台风天气，派送延误", Node.OUT_FOR_DELIVERY, ExceptionKind.DELAY, Fault.WEATHER),
        ("2", "问题件", Node.OUT_FOR_DELIVERY, ExceptionKind.OTHER, Fault.OTHER),
        ("0", "您的快件在【西安灞桥分拣中心】分拣完成", Node.SORTED, None, None),
        ("1002", "您的快件由【西安灞桥分拣中心】准备发往【西安兴善营业部】", Node.LINEHAUL_OUT, None, None),
        (None, "快件到达 【昆明盘龙虹桥社区营业点】", Node.DESTINATION_IN, None, None),
        (None, "快件离开【昆明呈贡惠兰园营业点】,正发往下一站", Node.OUTLET_OUT, None, None),
        (None, "快件派送不成功(因收方客户拒收快件)", Node.OUT_FOR_DELIVERY, ExceptionKind.REFUSED, Fault.CONSIGNEE),
        (None, "错分件，退回重新中转", Node.LINEHAUL_OUT, ExceptionKind.MISROUTED, Fault.CARRIER),
        (None, "地址不详，无法派送", Node.LINEHAUL_OUT, ExceptionKind.WRONG_ADDRESS, Fault.MERCHANT),
        (None, "已签收，如有破损请联系客服", Node.SIGNED, None, None),
        (None, "请您准备签收", Node.LINEHAUL_OUT, None, None),
        (None, "快件正在派送，若拒收请当面说明", Node.OUT_FOR_DELIVERY, None, None),
    ],
)
def test_codes_and_wordings(
    code: str | None, text: str, node: Node, exception: ExceptionKind | None, fault: Fault | None
) -> None:
    means = meaning(table("kuaidi100"), code, text)
    assert (means.node, means.exception, means.fault) == (node, exception, fault)


@pytest.mark.req("IN-2")
@pytest.mark.skipif(not TRACKING.exists(), reason="the shared data is not here")
def test_a_real_track_of_another_aggregator_is_read_by_its_wording() -> None:
    rows = map(json.loads, TRACKING.read_text().splitlines())
    (row,) = (r for r in rows if r["format"].startswith("kdniao"))
    lines = re.findall(r"acceptStation:\s*'([^']+)'", row["raw"])
    means = [meaning(table("kuaidi100"), None, text) for text in lines]
    assert len(means) == row["expected"]["n_events"]
    assert (means[0].node is Node.SIGNED) is row["expected"]["delivered"]
    assert [m.node for m in means[1:3]] == [Node.HELD, Node.OUT_FOR_DELIVERY]
    assert means[-1].node is Node.PICKED_UP


@pytest.mark.req("IN-2")
@pytest.mark.skipif(not TRACKING.exists(), reason="the shared data is not here")
def test_real_pushes_give_number_carrier_lines_and_delivery_as_expected() -> None:
    pushes = [
        row for row in map(json.loads, TRACKING.read_text().splitlines()) if row["format"].startswith("kuaidi100")
    ]
    assert len(pushes) == 6
    for row in pushes:
        body = json.loads(row["raw"])
        result = LastResult.model_validate_json(json.dumps(body.get("lastResult", body)))
        found = [s.scan for s in scans_of(result, table("kuaidi100"))]
        expected = row["expected"]
        assert len(found) == expected["n_events"]
        assert {s.tracking_number for s in found} <= {expected["tracking_no"]}
        assert {s.carrier for s in found} <= {expected["carrier"]}
        assert bool(found and found[-1].node is Node.SIGNED) is expected["delivered"]

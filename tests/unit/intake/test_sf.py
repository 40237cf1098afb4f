"""SF's route push: both ways to send it, its digest, its answer, and its operation codes (IN-2, IN-6, IN-8)."""

import json
from dataclasses import replace
from typing import Any

import pytest

from services.intake.adapters import sf
from services.intake.adapters.registry import ADAPTERS
from services.intake.adapters.status_table import meaning, table
from services.intake.delivery import Answer, Delivery, Reason, Rejected
from services.intake.gateways import Kind
from shared.contracts.parcels import ExceptionKind, Fault, Node
from tests.unit.intake.given import SHARED_DATA, accept, of_topic
from tests.unit.intake.pushes import ids, scans, sf_digest, sf_form, sf_json, sf_push, sf_route

TRACKING = SHARED_DATA / "tracking" / "cn_and_edi_dev.jsonl"
XML = (
    '<Request service="RoutePushService" lang="zh-CN"><Body><WaybillRoute id="5348054" mailno="SF1234567890123" '
    'acceptTime="2026-11-20 15:00:00" acceptAddress="深圳市" remark="顺丰速运 已收取快件" opCode="50"/>'
    "</Body></Request>"
)


@pytest.mark.req("IN-2")
def test_a_route_becomes_a_scan_in_utc() -> None:
    (scan,) = scans(accept(sf_json(sf_push())))
    assert (scan.tracking_number, scan.carrier, scan.node) == ("SF1234567890123", "shunfeng", Node.PICKED_UP)
    assert scan.occurred_at.isoformat() == "2026-11-20T07:00:00+00:00"
    assert (scan.place, scan.description) == ("深圳市", "顺丰速运 已收取快件")


@pytest.mark.req("IN-2")
def test_json_is_answered_in_json_and_xml_in_xml() -> None:
    accepted = accept(sf_json(sf_push()))
    assert (accepted.status, accepted.answer) == (200, {"return_code": "0000", "return_msg": "成功"})
    in_xml = accept(sf_form(XML))
    assert isinstance(in_xml.answer, Answer)
    assert b"<Head>OK</Head>" in in_xml.answer.body


@pytest.mark.req("IN-6")
def test_a_route_has_one_id_however_it_is_sent() -> None:
    once = ids(accept(sf_json(sf_push())))
    assert once == ids(accept(sf_form(XML)))
    assert once == ids(accept(sf_form(json.dumps(sf_push()), "msgData")))
    assert once == ids(accept(sf_json(sf_push(sf_route(), sf_route(id="5348055", opCode="80")))))[:1]


@pytest.mark.req("IN-8")
def test_the_digest_may_stand_in_the_address_and_be_made_without_encoding() -> None:
    delivery = sf_json(sf_push())
    plain = sf_digest(delivery.body.decode(), encoded=False)
    bare = {"content-type": "application/json"}
    query = {"msgDigest": plain, "timestamp": delivery.headers["timestamp"]}
    assert ids(accept(replace(delivery, headers=bare, query=query))) == ids(accept(delivery))


@pytest.mark.req("IN-2")
def test_ids_and_codes_may_be_numbers() -> None:
    numbered = accept(sf_json(sf_push(sf_route(id=5348054, opCode=50))))
    assert ids(numbered) == ids(accept(sf_json(sf_push())))


@pytest.mark.req("IN-2")
def test_an_unknown_code_goes_out_with_what_the_remark_says_and_is_kept() -> None:
    remark = "快件到达【上海浦江中转场】"
    accepted = accept(sf_json(sf_push(sf_route(opCode="9876", remark=remark))))
    (scan,) = scans(accepted)
    assert (scan.node, scan.description) == (Node.HUB_IN, remark)
    assert accepted.unknown_codes == ("9876",)
    assert ("raw_unknown_code", b"9876") in of_topic(accepted, "raw.v1")[0].extra


@pytest.mark.req("IN-2")
def test_a_push_without_a_route_is_taken_and_kept() -> None:
    accepted = accept(sf_json({"Body": {"WaybillRoute": []}}))
    assert accepted.suppressed
    assert len(of_topic(accepted, "raw.v1")) == 1


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (sf_json(sf_push(), digest="x"), Reason.SIGNATURE),
        (sf_json(sf_push(), digest=""), Reason.SIGNATURE),
        (sf_json(b"{"), Reason.MALFORMED),
        (sf_json(b"\xff\xfe"), Reason.MALFORMED),
        (sf_json({"Body": 1}), Reason.INVALID),
        (sf_json(sf_push(sf_route(mailno="运单"))), Reason.INVALID),
        (sf_json(sf_push(sf_route(acceptTime="2026-02-30 10:00:00"))), Reason.INVALID),
        (sf_json(sf_push(sf_route(acceptTime=""))), Reason.INVALID),
        (sf_json(sf_push(sf_route(opCode="5 0"))), Reason.INVALID),
        (sf_form(""), Reason.INVALID),
        (sf_form("<Request>"), Reason.MALFORMED),
        (sf_form('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), Reason.MALFORMED),
        (sf_form("<a>" * 11 + "</a>" * 11), Reason.MALFORMED),
        (sf_form("<Body><WaybillRoute mailno='SF1234567890123'/></Body>"), Reason.INVALID),
        (sf_form(XML, digest=sf_digest(XML + " ")), Reason.SIGNATURE),
        (replace(sf_form(XML), body=b"content=%FF"), Reason.MALFORMED),
        (replace(sf_form(XML), body="内容".encode()), Reason.MALFORMED),
        (replace(sf_form(XML), body=b""), Reason.INVALID),
        (replace(sf_json(sf_push()), headers={"content-type": "text/plain"}), Reason.MEDIA_TYPE),
    ],
)
def test_a_wrong_push_is_refused(wrong: Delivery, reason: Reason) -> None:
    with pytest.raises(Rejected) as refusal:
        accept(wrong)
    assert refusal.value.reason is reason


@pytest.mark.req("IN-8")
def test_sf_reads_a_refusal_in_its_own_words() -> None:
    refusal = ADAPTERS[Kind.SF].refusal
    assert refusal is not None
    assert refusal(Rejected(Reason.SIGNATURE, "")) == {"return_code": "1000", "return_msg": "签名无效"}


@pytest.mark.req("IN-2")
@pytest.mark.parametrize(
    ("code", "remark", "node", "exception", "fault"),
    [
        ("30", "快件在【上海浦江中转场】完成分拣，准备发往 【上海金山中转场】", Node.SORTED, None, None),
        ("31", "快件到达 【上海浦江中转场】", Node.HUB_IN, None, None),
        ("31", "快件到达 【佛山南海甘蕉营业点】", Node.DESTINATION_IN, None, None),
        ("36", "快件离开 【上海浦东康桥营业点】，已在发往 【上海浦江中转场】 的路上", Node.OUTLET_OUT, None, None),
        ("44", "正在派送途中,请您准备签收", Node.OUT_FOR_DELIVERY, None, None),
        ("125", "快件已放入丰巢", Node.HELD, None, None),
        ("80", "已签收，如有破损请联系客服", Node.SIGNED, None, None),
        ("70", "快件派送不成功(因收方客户拒收快件)", Node.OUT_FOR_DELIVERY, ExceptionKind.REFUSED, Fault.CONSIGNEE),
        ("70", "派送不成功", Node.OUT_FOR_DELIVERY, ExceptionKind.FAILED_DELIVERY, Fault.OTHER),
        ("33", "因台风天气，派送延误", Node.OUT_FOR_DELIVERY, ExceptionKind.DELAY, Fault.WEATHER),
        ("624", "海关查验中", Node.CUSTOMS, ExceptionKind.CUSTOMS_HOLD, Fault.CUSTOMS),
        ("77", "快件滞留", Node.HUB_IN, ExceptionKind.DELAY, Fault.CARRIER),
        (None, "快件派送不成功(因电话无人接听)", Node.OUT_FOR_DELIVERY, ExceptionKind.FAILED_DELIVERY, Fault.CONSIGNEE),
    ],
)
def test_operation_codes(
    code: str | None, remark: str, node: Node, exception: ExceptionKind | None, fault: Fault | None
) -> None:
    means = meaning(table("sf"), code, remark)
    assert (means.node, means.exception, means.fault) == (node, exception, fault)


def samples(beginning: str) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in TRACKING.read_text().splitlines()] if TRACKING.exists() else []
    return [row for row in rows if row["format"].startswith(beginning)]


@pytest.mark.req("IN-2")
@pytest.mark.skipif(not TRACKING.exists(), reason="the shared data is not here")
def test_real_routes_give_number_codes_and_delivery_as_expected() -> None:
    rows = samples("sf-")
    assert len(rows) == 4
    for row in rows:
        routes = sf.xml_routes(row["raw"].encode())
        found = [s.scan for s in sf.scans_of(routes, table("sf"))]
        expected = row["expected"]
        assert [r.opCode for r in routes] == expected["op_codes"]
        assert {s.tracking_number for s in found} == {expected["tracking_no"]}
        assert (found[-1].node is Node.SIGNED) is expected["delivered"]
        assert any(s.exception for s in found) is expected["has_failed_attempt"]


@pytest.mark.req("IN-2")
@pytest.mark.skipif(not TRACKING.exists(), reason="the shared data is not here")
def test_a_real_track_without_codes_is_read_by_its_wording() -> None:
    (row,) = samples("juhe-sf")
    means = [meaning(table("sf"), None, line["remark"]) for line in json.loads(row["raw"])["list"]]
    assert len(means) == row["expected"]["n_events"]
    assert (means[-1].node is Node.SIGNED) is row["expected"]["delivered"]
    assert any(m.exception is ExceptionKind.FAILED_DELIVERY for m in means) is row["expected"]["has_failed_attempt"]

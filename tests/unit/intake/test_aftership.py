"""AfterShip's webhook, v4 and dated: signature, tags and subtags, repeats (IN-2, IN-6, IN-8)."""

from dataclasses import replace
from typing import Any

import pytest

from services.intake.delivery import Delivery, Reason, Rejected
from shared.contracts.parcels import ExceptionKind, Fault, Node
from tests.unit.intake.given import accept, of_topic
from tests.unit.intake.pushes import aftership, ids, scans


def checkpoint(tag: str = "InTransit", subtag: str | None = "InTransit_003", **change: Any) -> dict[str, Any]:
    return {
        "slug": "yunexpress",
        "tag": tag,
        "subtag": subtag,
        "message": "Arrived at facility",
        "checkpoint_time": "2026-11-20T15:00:00+08:00",
        "city": "Shenzhen",
        "country_name": "China",
    } | change


def update(*points: dict[str, Any], **change: Any) -> dict[str, Any]:
    msg = {"id": "t-1", "tracking_number": "YT2229521272164446", "slug": "yunexpress", "tag": "InTransit"}
    body = {"event": "tracking_update", "event_id": "e-1", "ts": 1795161600, "msg": msg | {"checkpoints": list(points)}}
    return body | change


@pytest.mark.req("IN-2")
def test_checkpoints_become_scans_in_utc() -> None:
    (scan,) = scans(accept(aftership(update(checkpoint()))))
    assert (scan.tracking_number, scan.carrier, scan.node) == ("YT2229521272164446", "yunexpress", Node.HUB_IN)
    assert scan.occurred_at.isoformat() == "2026-11-20T07:00:00+00:00"
    assert scan.place == "Shenzhen, China"


@pytest.mark.req("IN-2", "RO-11")
def test_the_latest_checkpoint_has_the_carriers_estimate() -> None:
    body = update(checkpoint(), checkpoint("OutForDelivery", None, checkpoint_time="2026-11-21T08:00:00+08:00"))
    body["msg"]["expected_delivery"] = "2026-11-21T18:00:00+08:00"
    found = scans(accept(aftership(body)))
    assert [scan.estimated_at and scan.estimated_at.isoformat() for scan in found] == [
        None,
        "2026-11-21T10:00:00+00:00",
    ]


@pytest.mark.req("IN-2")
def test_a_time_without_an_offset_has_that_of_the_table() -> None:
    (scan,) = scans(accept(aftership(update(checkpoint(checkpoint_time="2026-11-20T15:00:00")))))
    assert scan.occurred_at.isoformat() == "2026-11-20T15:00:00+00:00"


@pytest.mark.req("IN-2")
@pytest.mark.parametrize(
    ("tag", "subtag", "message", "node", "exception", "fault"),
    [
        ("InfoReceived", "InfoReceived_001", "", Node.ORDERED, None, None),
        ("InTransit", "InTransit_002", "", Node.PICKED_UP, None, None),
        ("InTransit", "InTransit_006", "", Node.CUSTOMS, None, None),
        ("InTransit", None, "Processed through sort facility", Node.SORTED, None, None),
        ("OutForDelivery", "OutForDelivery_001", "", Node.OUT_FOR_DELIVERY, None, None),
        ("AvailableForPickup", "AvailableForPickup_001", "", Node.HELD, None, None),
        ("Delivered", "Delivered_003", "", Node.SIGNED, None, None),
        ("AttemptFail", "AttemptFail_002", "", Node.OUT_FOR_DELIVERY, ExceptionKind.FAILED_DELIVERY, Fault.CONSIGNEE),
        ("Exception", "Exception_004", "", Node.CUSTOMS, ExceptionKind.CUSTOMS_HOLD, Fault.CUSTOMS),
        ("Exception", "Exception_013", "", Node.LINEHAUL_OUT, ExceptionKind.LOSS, Fault.CARRIER),
        ("Exception", "Exception_005", "Delayed by snow storm", Node.LINEHAUL_OUT, ExceptionKind.DELAY, Fault.WEATHER),
        ("Expired", None, "", Node.LINEHAUL_OUT, ExceptionKind.DELAY, Fault.CARRIER),
    ],
)
def test_tags_and_subtags(
    tag: str, subtag: str | None, message: str, node: Node, exception: ExceptionKind | None, fault: Fault | None
) -> None:
    accepted = accept(aftership(update(checkpoint(tag, subtag, message=message))))
    (scan,) = scans(accepted)
    assert (scan.node, scan.exception, scan.fault) == (node, exception, fault)
    assert accepted.unknown_codes == ()


@pytest.mark.req("IN-2")
@pytest.mark.parametrize("tag", ["Exception", None])
def test_a_new_subtag_is_read_as_its_tag_and_counted(tag: str | None) -> None:
    accepted = accept(aftership(update(checkpoint(tag or "", "Exception_099", message="?") | {"tag": tag})))
    (scan,) = scans(accepted)
    assert (scan.node, scan.exception) == (Node.OUT_FOR_DELIVERY, ExceptionKind.OTHER)
    assert accepted.unknown_codes == ("Exception_099",)


@pytest.mark.req("IN-6")
def test_v4_has_no_event_id_and_a_repeat_still_has_the_same_ids() -> None:
    body = update(checkpoint())
    del body["event_id"]
    first, again = accept(aftership(body)), accept(aftership(body))
    assert (first.id, ids(first)) == (again.id, ids(again))
    assert ids(first) == ids(accept(aftership(update(checkpoint(), checkpoint("Delivered", "Delivered_001")))))[:1]


@pytest.mark.req("IN-2")
@pytest.mark.parametrize("body", [update(), update(checkpoint(), event="edd_revise")], ids=["no checkpoint", "no scan"])
def test_what_is_no_scan_is_taken_and_kept(body: dict[str, Any]) -> None:
    accepted = accept(aftership(body))
    assert accepted.suppressed
    assert ids(accepted) == []
    assert len(of_topic(accepted, "raw.v1")) == 1


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (aftership(update(), signature="AAAA"), Reason.SIGNATURE),
        (aftership(update(), signature=""), Reason.SIGNATURE),
        (replace(aftership(update()), body=b"{}"), Reason.SIGNATURE),
        (aftership(b"nothing"), Reason.MALFORMED),
        (aftership(update(msg=[])), Reason.INVALID),
        (aftership(update(checkpoint(checkpoint_time="soon"))), Reason.INVALID),
        (aftership(update(checkpoint(checkpoint_time="0001-01-01T00:00:00+14:00"))), Reason.INVALID),
        (replace(aftership(update()), headers={}), Reason.MEDIA_TYPE),
    ],
)
def test_a_wrong_update_is_refused(wrong: Delivery, reason: Reason) -> None:
    with pytest.raises(Rejected) as refusal:
        accept(wrong)
    assert refusal.value.reason is reason

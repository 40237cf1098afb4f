"""EasyPost's tracker webhook: signature with any secret, status tables, repeats (IN-2, IN-6, IN-8)."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.intake.adapters.hmac_body import hmac_matches
from services.intake.adapters.registry import ADAPTERS
from services.intake.credentials import Credentials, GatewaySecrets
from services.intake.delivery import Delivery, Reason, Rejected
from services.intake.gateways import Kind
from shared.contracts.parcels import ExceptionKind, Fault, Node
from shared.security.webhooks import SignatureInvalid
from shared.security.webhooks import verify as verify_standard
from tests.unit.intake.given import SHARED_DATA, accept, of_topic
from tests.unit.intake.pushes import JSON, easypost, ids, pushed, scans

VECTORS = SHARED_DATA / "signatures" / "vectors_dev.jsonl"


def detail(status: str = "in_transit", fine: str = "arrived_at_facility", **change: Any) -> dict[str, Any]:
    return {
        "object": "TrackingDetail",
        "message": "Arrived at FedEx location",
        "status": status,
        "status_detail": fine,
        "datetime": "2026-11-20T07:00:00Z",
        "tracking_location": {"city": "EDISON", "state": "NJ", "country": "US", "zip": "08817"},
    } | change


def event(*details: dict[str, Any], **tracker: Any) -> dict[str, Any]:
    result = {
        "id": "trk_1",
        "object": "Tracker",
        "tracking_code": "9400111206206406260787",
        "status": "in_transit",
        "carrier": "FedEx",
        "updated_at": "2026-11-20T09:00:00Z",
        "tracking_details": list(details),
    }
    return {"id": "evt_1", "description": "tracker.updated", "object": "Event", "result": result | tracker}


@pytest.mark.req("IN-2")
def test_details_become_scans() -> None:
    found = scans(accept(easypost(event(detail(fine="label_created", status="pre_transit"), detail()))))
    assert [s.node for s in found] == [Node.ORDERED, Node.HUB_IN]
    assert (found[1].carrier, found[1].place) == ("fedex", "EDISON, NJ, US")
    assert found[1].description == "Arrived at FedEx location"


@pytest.mark.req("IN-2", "RO-11")
@pytest.mark.parametrize(
    ("said", "estimated"),
    [
        ("2026-11-24T18:00:00Z", "2026-11-24T18:00:00+00:00"),
        ("2026-11-24", "2026-11-24T23:59:59+00:00"),
        ("soon", None),
        (None, None),
    ],
)
def test_the_latest_scan_has_the_carriers_estimate(said: str | None, estimated: str | None) -> None:
    earlier = detail(fine="label_created", status="pre_transit", datetime="2026-11-19T07:00:00Z")
    found = scans(accept(easypost(event(earlier, detail(), est_delivery_date=said))))
    assert [scan.estimated_at and scan.estimated_at.isoformat() for scan in found] == [None, estimated]


@pytest.mark.req("IN-2")
@pytest.mark.parametrize(
    ("status", "fine", "message", "node", "exception", "fault"),
    [
        ("delivered", "arrived_at_destination", "Delivered", Node.SIGNED, None, None),
        ("delivered", "unknown", "", Node.SIGNED, None, None),
        ("in_transit", "unknown", "On the way", Node.LINEHAUL_OUT, None, None),
        ("in_transit", "unknown", "Arrived at sorting facility", Node.HUB_IN, None, None),
        ("out_for_delivery", "out_for_delivery", "", Node.OUT_FOR_DELIVERY, None, None),
        ("available_for_pickup", "arrived_at_pickup_location", "", Node.HELD, None, None),
        ("in_transit", "weather_delay", "", Node.LINEHAUL_OUT, ExceptionKind.DELAY, Fault.WEATHER),
        ("failure", "damaged", "", Node.DESTINATION_IN, ExceptionKind.DAMAGE, Fault.CARRIER),
        ("failure", "lost", "", Node.LINEHAUL_OUT, ExceptionKind.LOSS, Fault.CARRIER),
        ("failure", "refused", "", Node.OUT_FOR_DELIVERY, ExceptionKind.REFUSED, Fault.CONSIGNEE),
        ("failure", "address_correction", "", Node.OUT_FOR_DELIVERY, ExceptionKind.WRONG_ADDRESS, Fault.MERCHANT),
        ("failure", "unknown", "Held by customs", Node.CUSTOMS, ExceptionKind.CUSTOMS_HOLD, Fault.CUSTOMS),
        ("return_to_sender", "return", "", Node.LINEHAUL_OUT, ExceptionKind.FAILED_DELIVERY, Fault.OTHER),
    ],
)
def test_statuses(
    status: str, fine: str, message: str, node: Node, exception: ExceptionKind | None, fault: Fault | None
) -> None:
    accepted = accept(easypost(event(detail(status, fine, message=message))))
    (scan,) = scans(accepted)
    assert (scan.node, scan.exception, scan.fault) == (node, exception, fault)
    assert accepted.unknown_codes == ()


@pytest.mark.req("IN-2")
def test_an_unknown_detail_keeps_the_status_and_is_counted() -> None:
    accepted = accept(easypost(event(detail("out_for_delivery", "beamed_up"))))
    assert [s.node for s in scans(accepted)] == [Node.OUT_FOR_DELIVERY]
    assert accepted.unknown_codes == ("out_for_delivery/beamed_up",)


@pytest.mark.req("IN-2", "SY-5")
def test_who_signed_is_personal_and_stands_at_the_signature_only() -> None:
    found = scans(accept(easypost(event(detail(), detail("delivered", "unknown"), signed_by="J SMITH"))))
    assert [s.signer and s.signer.reveal() for s in found] == [None, "J SMITH"]
    assert "SMITH" not in repr(found)


@pytest.mark.req("IN-6")
def test_a_detail_keeps_its_id_in_every_event_that_repeats_it() -> None:
    first = ids(accept(easypost(event(detail()))))
    later = accept(easypost(event(detail(), detail("delivered", "unknown")) | {"id": "evt_2"}))
    assert ids(later)[:1] == first
    assert accept(easypost(event(detail()))).id == accept(easypost(event(detail()))).id != later.id


@pytest.mark.req("IN-2")
def test_a_tracker_without_details_is_one_scan_where_its_status_says_anything() -> None:
    (scan,) = scans(accept(easypost(event(status="delivered"))))
    assert (scan.node, scan.occurred_at.hour) == (Node.SIGNED, 9)
    for nothing in (event(status="unknown"), event() | {"description": "batch.created"}):
        accepted = accept(easypost(nothing))
        assert accepted.suppressed
        assert len(of_topic(accepted, "raw.v1")) == 1
        assert ids(accepted) == []


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (easypost(event(), signature="hmac-sha256-hex=00"), Reason.SIGNATURE),
        (easypost(event(), signature=""), Reason.SIGNATURE),
        (replace(easypost(event()), body=b"{}"), Reason.SIGNATURE),
        (easypost(b"["), Reason.MALFORMED),
        (easypost({"id": "evt_1"}), Reason.INVALID),
        (easypost(event(detail(datetime="yesterday"))), Reason.INVALID),
        (easypost(event(detail(), tracking_code="1")), Reason.INVALID),
        (easypost(event(detail(), status="x" * 41)), Reason.INVALID),
        (replace(easypost(event()), headers={"content-type": "text/xml"}), Reason.MEDIA_TYPE),
    ],
)
def test_a_wrong_event_is_refused(wrong: Delivery, reason: Reason) -> None:
    with pytest.raises(Rejected) as refusal:
        accept(wrong)
    assert refusal.value.reason is reason


def vector(name: str) -> dict[str, Any]:
    rows = {row["id"]: row for row in map(json.loads, VECTORS.read_text().splitlines())}
    found: dict[str, Any] = rows[name]
    return found


def changed(text: str) -> str:
    """Another character in the middle."""
    at = len(text) // 2
    return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]


@pytest.mark.req("IN-2", "IN-8")
@pytest.mark.skipif(not VECTORS.exists(), reason="the shared data is not here")
def test_easyposts_own_vector_is_taken_and_one_changed_character_refused() -> None:
    row = vector("easypost-tracker-updated")
    secrets = Credentials({"easypost": GatewaySecrets(hmac_secret=row["secret"])})
    signature = row["header"]["X-Hmac-Signature"]
    verify = ADAPTERS[Kind.EASYPOST].verify
    right = pushed("easypost", row["body"].encode(), JSON | {"x-hmac-signature": signature})
    assert verify(right, secrets).payload == row["body"].encode()
    wrong_signature = replace(right, headers=JSON | {"x-hmac-signature": changed(signature)})
    for wrong in (replace(right, body=changed(row["body"]).encode()), wrong_signature):
        with pytest.raises(Rejected):
            verify(wrong, secrets)


@pytest.mark.req("IN-8")
@pytest.mark.skipif(not VECTORS.exists(), reason="the shared data is not here")
def test_the_vectors_of_trackingmore_and_standard_webhooks() -> None:
    row = vector("trackingmore-ts")
    given = (row["secret"], row["timestamp"].encode(), row["expected_signature"])
    assert hmac_matches(*given, "hex")
    assert not hmac_matches(given[0], changed(row["timestamp"]).encode(), given[2], "hex")
    assert not hmac_matches(given[0], given[1], changed(given[2]), "hex")
    row = vector("standardwebhooks-1")
    at = datetime.fromtimestamp(int(row["header"]["webhook-timestamp"]), UTC)
    body = row["body"].encode()
    assert verify_standard([row["secret"]], row["header"], body, at) == row["header"]["webhook-id"]
    for headers, content in (
        (row["header"], changed(row["body"]).encode()),
        (row["header"] | {"webhook-signature": changed(row["header"]["webhook-signature"])}, body),
    ):
        with pytest.raises(SignatureInvalid):
            verify_standard([row["secret"]], headers, content, at)

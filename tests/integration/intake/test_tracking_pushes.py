"""Real pushes of carriers through the running service by HTTP: number, carrier and delivery as expected (IN-2)."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.contracts.parcels import Node, ParcelScan
from shared.contracts.topics import PARCEL_EVENTS, RAW
from tests.integration.intake import signing
from tests.integration.intake.harness import Bench
from tests.integration.intake.outside import Door, opened
from tests.integration.intake.signing import Request
from tests.integration.intake.test_own_signatures import SALT, SF, WEBHOOK
from tests.unit.intake.given import SHARED_DATA

FILE = SHARED_DATA / "tracking" / "cn_and_edi_dev.jsonl"
DOORS = {"kuaidi100": Door("kuaidi100", SALT), "sf": Door("sf", SF), "iftsta": Door("iftsta", {"secrets": [WEBHOOK]})}
ANSWERS = {"kuaidi100": 200, "sf": 200, "iftsta": 202}
Row = Mapping[str, Any]


def push_of(number: int, row: Row) -> tuple[str, Request] | None:
    """None for the answers to a query, which no gateway is sent."""
    match row["format"]:
        case "kuaidi100-push":
            return "kuaidi100", signing.kuaidi100(SALT, row["raw"])
        case "sf-RoutePushService" | "sf-RouteService":
            return "sf", signing.sf_form(SF, row["raw"], time.time())
        case "edifact-iftsta":
            body = row["raw"].encode()
            return "iftsta", signing.standard_webhook(WEBHOOK, f"m{number}", time.time(), body, "application/edifact")
        case _:
            return None


def as_expected(row: Row, scans: Sequence[ParcelScan]) -> bool:
    expected = row["expected"]
    if "equipment" in expected:
        return [scan.tracking_number for scan in scans] == list(expected["equipment"])
    delivered = bool(scans) and max(scans, key=lambda scan: scan.occurred_at).node is Node.SIGNED
    failed = expected.get("has_failed_attempt")
    return bool(
        len(scans) == expected["n_events"]
        and delivered == expected["delivered"]
        and {scan.carrier for scan in scans} <= {expected.get("carrier", "shunfeng")}
        and (failed is None or failed == any(scan.exception for scan in scans))
    )


@pytest.mark.req("IN-2", "IN-6", "IN-8")
@pytest.mark.skipif(not FILE.exists(), reason="the shared data is not here; test_own_signatures has one of each kind")
async def test_every_push_becomes_the_scans_that_it_tells_once(bench: Bench) -> None:
    rows = [json.loads(line) for line in FILE.read_text().splitlines()]
    pushes = [(row, push) for number, row in enumerate(rows) if (push := push_of(number, row))]
    outside = await opened(bench, DOORS)
    for _, (door, request) in pushes * 2:
        answer = await outside.send(door, request)
        assert answer.status_code == ANSWERS[door], answer.text
    by_id = {
        dict(r.headers)["ce_id"]: ParcelScan.model_validate_json(r.value or b"")
        for r in await bench.records(PARCEL_EVENTS)
    }
    wrong: list[str] = []
    for row, _ in pushes:
        numbers = row["expected"].get("equipment") or [row["expected"]["tracking_no"]]
        scans = [scan for scan in by_id.values() if scan.tracking_number in numbers]
        if not as_expected(row, scans):
            wrong.append(f"{row['format']} {numbers}: {[(s.node.value, s.carrier) for s in scans]}")
    assert wrong == []
    print(*(f"{door} {sum(d == door for _, (d, _) in pushes)}" for door in DOORS), f"scans {len(by_id)}")  # noqa: T201
    assert len({dict(r.headers)["ce_id"] for r in await bench.records(RAW)}) == len(pushes)

"""What is read without the model is what the models read, and nothing that they refuse."""

from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings

from services.intake.adapters.carrier import Scan
from shared.contracts.parcels import ParcelScan
from shared.contracts.usual_scan import usual_scan
from tests.unit.intake import scans

pytestmark = pytest.mark.req("IN-2", "IN-8")
PLAIN = {"tracking_number": "SF12345", "carrier": "sf", "node": "signed", "occurred_at": "2026-11-20T15:00:00+08:00"}


@settings(max_examples=600, deadline=None)
@given(scans.values())
@example(orjson.dumps(PLAIN))
@example(orjson.dumps(PLAIN | {"occurred_at": "2026-11-20T15:00:00+08:75"}))
@example(orjson.dumps(PLAIN | {"place": "", "exception": "damage"}))
@example(b'{"node":"moon",' + orjson.dumps(PLAIN)[1:])
@example(orjson.dumps(PLAIN | {"note": "a"})[:-2] + b"[" * 300 + b"]" * 300 + b"}")
def test_a_scan_that_is_taken_is_one_to_the_edge_and_to_the_contract(value: bytes) -> None:
    taken = usual_scan(value)
    if taken is None:
        return
    contract = ParcelScan.model_validate_json(value)
    edge = Scan.model_validate_json(value, context={})
    assert contract.model_dump() == edge.model_dump()
    fields = ("tracking_number", "carrier", "node", "occurred_at", "place", "description", "exception", "fault")
    assert taken == tuple(getattr(contract, name) for name in fields)
    assert (contract.signer, contract.shipment) == (None, None)


@given(scans.plain_fields())
def test_most_scans_are_taken(fields: dict[str, Any]) -> None:
    assert usual_scan(orjson.dumps(fields)) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"signer": "王小明"},
        {"shipment": {"product": "express"}},
        {"tracking_number": "sf12345"},
        {"carrier": "顺丰"},
        {"occurred_at": "1999-12-31T23:00:00Z"},
        {"place": "x" * 501},
        {"note": "of a newer sender"},
    ],
)
def test_what_is_out_of_the_ordinary_is_left_to_the_model(change: dict[str, Any]) -> None:
    assert usual_scan(orjson.dumps(PLAIN | change)) is None

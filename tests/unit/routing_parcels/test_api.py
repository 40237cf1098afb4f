"""GET /v1/parcels/{tracking_number}: for agents, without the consignee, 404 with a hint elsewhere (RO-3)."""

from pathlib import Path

import pytest
from joserfc.jwk import OKPKey
from starlette.applications import Starlette
from starlette.testclient import TestClient

from services.routing.parcels.api import parcel_routes
from services.routing.parcels.state import encode
from shared.contracts.parcels import ExceptionKind, Node, Shipment
from shared.contracts.people import Customer
from shared.contracts.personal import Personal
from shared.messaging.partition_state.entry import NEVER, Entry
from shared.security.tokens import TokenVerifier, issue_local
from shared.settings import CommonSettings
from shared.web import problem_handlers
from tests.unit.routing_parcels.given import NUMBER, at, folded, scan

pytestmark = pytest.mark.req("RO-3", "RO-11")


class OneParcel:
    """Stands for the owner of the partitions 1 and 3."""

    owned = frozenset({3, 1})

    def find(self, key: bytes) -> Entry | None:
        consignee = Customer(customer_id="c", name=Personal("王小明"))
        shipment = Shipment(product="express", consignee=consignee)
        state, _ = folded([scan(0, place="杭州", shipment=shipment), scan(3, Node.SORTED, ExceptionKind.DAMAGE)])
        return Entry(1, 1, NEVER, NEVER, encode(state)) if key == NUMBER.encode() else None


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    (tmp_path / "token_signing.pem").write_bytes(OKPKey.generate_key("Ed25519").as_pem(private=True))
    return tmp_path


@pytest.fixture
def client(secrets: Path) -> TestClient:
    verifier = TokenVerifier.from_settings(CommonSettings(secrets_dir=secrets))
    routes = parcel_routes(OneParcel(), verifier)
    return TestClient(Starlette(routes=routes, exception_handlers=problem_handlers()))


def headers(secrets: Path, role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_local(secrets, 'alice', [role])}"}


def test_an_agent_is_told_where_it_is_and_what_is_wrong(client: TestClient, secrets: Path) -> None:
    answer = client.get(f"/v1/parcels/{NUMBER}", headers=headers(secrets, "agent"))
    assert answer.status_code == 200
    body = answer.json()
    assert body["parcel"]["node"] == "sorted"
    assert [p["node"] for p in body["parcel"]["track"]] == ["hub_in", "sorted"]
    assert body["parcel"]["shipment"]["product"] == "express"
    assert [(e["kind"], e["since"]) for e in body["exceptions"]] == [("damage", at(3).isoformat())]
    assert body["signed"] is False
    assert "王小明" not in answer.text


def test_nobody_else_is_told(client: TestClient, secrets: Path) -> None:
    assert client.get(f"/v1/parcels/{NUMBER}").status_code == 401
    assert client.get(f"/v1/parcels/{NUMBER}", headers=headers(secrets, "sre")).status_code == 403


def test_an_unknown_parcel_is_a_problem_with_a_hint(client: TestClient, secrets: Path) -> None:
    answer = client.get("/v1/parcels/OTHER123", headers=headers(secrets, "agent"))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["partitions"] == [1, 3]
    assert "parcel lookup" in answer.json()["detail"]

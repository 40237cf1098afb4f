"""The simulated payment provider over HTTP, with its faults."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tools import secret_files
from tools.simulators.faults import PaymentFaults
from tools.simulators.payment import PaymentSettings, create_app

pytestmark = pytest.mark.req("CL-7")
BODY = {"amount_fen": 32_000, "currency": "CNY", "payee": {"account": "62220202"}, "reference": "CL-1"}


def client(directory: Path, **faults: float) -> httpx.AsyncClient:
    secret_files.ensure(directory / "secrets")
    settings = PaymentSettings(
        secrets_dir=directory / "secrets", state_dir=directory / "state", payment_faults=PaymentFaults(**faults)
    )
    key = (directory / "secrets" / "payment.key").read_text()
    transport = httpx.ASGITransport(create_app(settings))
    return httpx.AsyncClient(transport=transport, base_url="http://payment", headers={"Authorization": f"Bearer {key}"})


async def pay(http: httpx.AsyncClient, key: str = "k", **changes: object) -> httpx.Response:
    return await http.post("/v1/payouts", json=BODY | changes, headers={"Idempotency-Key": key})


async def test_a_repeated_request_gets_the_same_answer_and_is_marked(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        first, second = await pay(http), await pay(http)
        assert (first.status_code, second.status_code) == (200, 200)
        assert first.json() == second.json()
        assert "idempotent-replayed" not in first.headers
        assert second.headers["idempotent-replayed"] == "true"
        shown = await http.get(f"/v1/payouts/{first.json()['payout_id']}")
        assert shown.json() == first.json()
        assert (await http.get("/v1/stats")).json()["payouts"] == 1


async def test_simultaneous_requests_with_one_key_pay_once(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        answers = await asyncio.gather(*(pay(http) for _ in range(20)))
        assert len({answer.json()["payout_id"] for answer in answers}) == 1
        assert (await http.get("/v1/stats")).json()["paid_fen"] == 32_000


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Idempotency-Key": "k", "Authorization": "Bearer wrong"}, BODY, 401),
        ({}, BODY, 400),
        ({"Idempotency-Key": "k"}, BODY | {"amount_fen": 0}, 400),
        ({"Idempotency-Key": "taken"}, BODY | {"amount_fen": 1}, 422),
    ],
)
async def test_mistakes_are_answered_as_problems_and_pay_nothing(
    tmp_path: Path, headers: dict[str, str], body: dict[str, object], status: int
) -> None:
    async with client(tmp_path) as http:
        await pay(http, "taken")
        answer = await http.post("/v1/payouts", json=body, headers=headers)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert (await http.get("/v1/stats")).json()["payouts"] == 1


async def test_an_answer_that_never_comes_has_paid_all_the_same(tmp_path: Path) -> None:
    async with client(tmp_path, timeout_after_paying=1.0) as http:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pay(http), 0.3)
        assert (await http.get("/v1/stats")).json()["paid_fen"] == 32_000
        await http.put("/v1/faults/payment", json={})
        again = await pay(http)
        assert again.headers["idempotent-replayed"] == "true"
        assert (await http.get("/v1/stats")).json()["paid_fen"] == 32_000


@pytest.mark.parametrize(("fault", "status"), [("server_error", 500), ("too_many", 429)])
async def test_an_error_has_not_paid(tmp_path: Path, fault: str, status: int) -> None:
    async with client(tmp_path, **{fault: 1.0}) as http:
        answer = await pay(http)
        assert answer.status_code == status
        assert answer.headers.get("retry-after") == ("1" if status == 429 else None)
        assert (await http.get("/v1/stats")).json()["payouts"] == 0


async def test_a_retry_can_succeed_where_the_first_attempt_failed(tmp_path: Path) -> None:
    async with client(tmp_path, server_error=0.5) as http:
        attempts = [(await pay(http)).status_code for _ in range(30)]
    assert {*attempts} == {200, 500}


async def test_the_statement_is_read_page_by_page(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        for number in range(5):
            await pay(http, f"k{number}", reference=f"CL-{number}")
        lines: list[str] = []
        after: int | None = 0
        while after is not None:
            page = (await http.get("/v1/statement", params={"after": after, "limit": 2})).json()
            lines += [line["reference"] for line in page["lines"]]
            after = page["next"]
        assert lines == [f"CL-{number}" for number in range(5)]
        future = await http.get("/v1/statement", params={"since": "2999-01-01T00:00:00+00:00"})
        assert future.json() == {"lines": [], "next": None}
        assert (await http.get("/v1/statement", params={"since": "2026-01-01"})).status_code == 400


@pytest.mark.parametrize(("language", "heading"), [("zh", "付款服务商"), ("en", "Payment provider")])
async def test_the_page_speaks_both_languages(tmp_path: Path, language: str, heading: str) -> None:
    async with client(tmp_path) as http:
        await pay(http)
        text = (await http.get("/", params={"lang": language})).text
    assert heading in text
    assert "¥320.00" in text

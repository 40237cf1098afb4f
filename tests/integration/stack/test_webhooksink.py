"""The simulated merchant: takes what is rightly signed, and fails as merchants do."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from shared.security.webhooks import sign
from tools import secret_files
from tools.simulators.faults import WebhookFaults
from tools.simulators.webhooksink import WebhookSinkSettings, create_app

pytestmark = pytest.mark.req("NO-2")
BODY = json.dumps({"type": "case.closed", "data": {"words": "已解决"}}, ensure_ascii=False).encode()


def client(directory: Path, **faults: float) -> httpx.AsyncClient:
    secret_files.ensure(directory)
    settings = WebhookSinkSettings(
        secrets_dir=directory, state_dir=directory / "state", webhook_faults=WebhookFaults(**faults)
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(settings)), base_url="http://sink")


def signed(directory: Path, message_id: str = "msg_1", age: timedelta = timedelta()) -> dict[str, str]:
    secret = json.loads((directory / "webhooks.json").read_text())["merchant"]["secret"]
    return sign(secret, message_id, datetime.now(UTC) - age, BODY)


async def test_a_signed_webhook_is_kept_as_it_came(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        answer = await http.post("/hooks/merchant", content=BODY, headers=signed(tmp_path))
        assert answer.status_code == 204
        listed = (await http.get("/api/webhooks")).json()["webhooks"]
        assert [(one["message_id"], one["recipient"], one["subject"]) for one in listed] == [
            ("msg_1", "merchant", "case.closed")
        ]
        assert (await http.get("/api/webhooks/1/raw")).content == BODY


async def test_a_webhook_that_comes_twice_is_counted_as_repeated(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        for message_id in ("msg_1", "msg_1", "msg_2"):
            await http.post("/hooks/merchant", content=BODY, headers=signed(tmp_path, message_id))
        expected = {"deliveries": 3, "distinct": 2, "repeated": 1, "refused": 0}
        assert (await http.get("/api/stats")).json() == expected


@pytest.mark.parametrize("spoiled", ["body", "old", "receiver", "unsigned"])
async def test_what_is_not_rightly_signed_is_refused(tmp_path: Path, spoiled: str) -> None:
    async with client(tmp_path) as http:
        headers = signed(tmp_path, age=timedelta(minutes=10) if spoiled == "old" else timedelta())
        answer = await http.post(
            "/hooks/partner" if spoiled == "receiver" else "/hooks/merchant",
            content=BODY + b" " if spoiled == "body" else BODY,
            headers={} if spoiled == "unsigned" else headers,
        )
        assert answer.status_code == 401
        assert (await http.get("/api/stats")).json()["deliveries"] == 0
        assert (await http.get("/api/stats")).json()["refused"] == 1


async def test_an_unknown_receiver_is_not_found(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        assert (await http.post("/hooks/nobody", content=BODY, headers=signed(tmp_path))).status_code == 404


@pytest.mark.parametrize(("fault", "status"), [("server_error", 500), ("too_many", 429)])
async def test_a_failed_delivery_is_not_kept(tmp_path: Path, fault: str, status: int) -> None:
    async with client(tmp_path, **{fault: 1.0}) as http:
        assert (await http.post("/hooks/merchant", content=BODY, headers=signed(tmp_path))).status_code == status
        assert (await http.get("/api/stats")).json()["deliveries"] == 0


async def test_a_timeout_leaves_the_sender_in_doubt(tmp_path: Path) -> None:
    async with client(tmp_path, timeout_after_store=1.0) as http:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(http.post("/hooks/merchant", content=BODY, headers=signed(tmp_path)), 0.3)
        assert (await http.get("/api/stats")).json()["deliveries"] == 1

"""The chat widget's address on the real Kafka and MongoDB (IN-1, IN-4, IN-6, IN-8)."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.intake.webchat.seals import Session, seal
from shared.contracts.interactions import Interaction
from shared.contracts.topics import INTERACTIONS
from tests.integration.intake.harness import Bench, ids

PNG = b"\x89PNG\r\n\x1a\n" + bytes(3000)


@pytest.mark.req("IN-1", "IN-4", "IN-6", "IN-8")
async def test_a_message_with_a_file_is_one_contact_and_what_is_wrong_is_told(bench: Bench) -> None:
    process = await bench.intake()
    url = f"{process.url}/web/care"
    shop = {"Origin": "http://localhost:8088"}

    async def post(path: str, headers: dict[str, str], **sent: Any) -> httpx.Response:
        return await bench.http.post(f"{url}/{path}", headers=shop | headers, **sent)

    begun = (await post("session", {}, json={})).json()
    proof = {"Authorization": f"Bearer {begun['token']}"}
    taken = await post("files", proof | {"Content-Type": "image/jpeg"}, content=PNG)
    assert (taken.status_code, taken.json()["content_type"]) == (201, "image/png")
    body = {
        "id": str(uuid4()),
        "language": "zh",
        "customer": {"email": "li@mail.example"},
        "text": "外箱破损",
        "files": [{"receipt": taken.json()["receipt"], "name": "外箱.png"}],
    }
    answers = [await post("messages", proof, json=body) for _ in range(2)]
    assert [a.status_code for a in answers] == [202, 202]
    records = await bench.until_records(INTERACTIONS, 2)
    assert ids(records) == {answers[0].json()["id"]} == {answers[1].json()["id"]}
    contact = Interaction.model_validate_json(records[0].value or b"")
    kept = await bench.http.get(f"{process.url}/v1/objects/{contact.attachments[0].sha256}")
    assert kept.status_code == 401

    over = seal(Session(gateway="care", visitor="v" * 22, until=1, origin=shop["Origin"]), str(secret(bench)))
    expired = await post("messages", {"Authorization": f"Bearer {over}"}, json=body)
    assert (expired.status_code, expired.json()["type"]) == (401, "urn:parcelcare:problem:session-invalid")
    foreign = await bench.http.post(f"{url}/session", json={}, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert (await post("files", proof, content=bytes(21 * 1024 * 1024))).status_code == 413
    assert (await post("files", proof, content=b"MZ" + bytes(100))).status_code == 415
    assert (await post("messages", proof, json=body | {"text": "长" * 200_000})).status_code == 413
    assert len(await bench.records(INTERACTIONS)) == 2


def secret(bench: Bench) -> Any:
    return bench.secrets_of("care")["hmac_secret"]

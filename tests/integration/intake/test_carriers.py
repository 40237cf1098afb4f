"""Carriers on a real Kafka and MongoDB: unknown codes are kept once; a file goes through the topic (IN-2)."""

import asyncio
import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.intake import bulk, unknown_codes
from services.intake.settings import Settings
from services.intake.store import UnknownCode
from shared.contracts.parcels import ParcelScan
from shared.contracts.topics import PARCEL_EVENTS
from tests.integration.intake.harness import Bench, ids
from tests.integration.polling import poll
from tests.unit.intake.pushes import sf_push, sf_route
from tests.unit.intake.test_bulk import SCAN, jsonl


def settings_of(bench: Bench) -> Settings:
    return Settings(mongo_url=bench.infra.mongo_url, database_prefix=bench.names.prefix, secrets_dir=bench.secrets)


@pytest.mark.req("IN-2", "IN-6")
async def test_an_unknown_code_is_kept_once_and_listed_with_its_original(bench: Bench) -> None:
    intake = await bench.intake()
    word = json.loads((bench.secrets / "gateways.json").read_text())["sf"]["check_word"]
    body = json.dumps(sf_push(sf_route(opCode="9876", remark="快件到达【上海浦江中转场】"), sf_route(id="2"))).encode()
    stamp = "1795334400000"
    digest = base64.b64encode(hashlib.md5(body + stamp.encode() + word.encode()).digest()).decode()
    headers = {"content-type": "application/json", "timestamp": stamp, "msgDigest": digest}
    for _ in range(2):
        answer = await bench.http.post(f"{intake.url}/gateways/sf", content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"return_code": "0000", "return_msg": "成功"})
    assert len(ids(await bench.records(PARCEL_EVENTS))) == 2
    found: list[UnknownCode] = []

    async def listed() -> bool:
        found[:] = await unknown_codes.found(settings_of(bench), datetime.now(UTC) - timedelta(days=1))
        return bool(found)

    await poll(listed, 30, what="the archive")
    (code,) = found
    assert (code.gateway, code.code, code.times) == ("sf", "9876", 1)
    original = await bench.original(intake, f"{code.example}/raw", "archivist")
    assert original.content == body


@pytest.mark.req("IN-2", "IN-6")
async def test_a_file_comes_through_the_topic_once_however_often_it_is_sent(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.intake()
    file = tmp_path / "scans.jsonl"
    file.write_bytes(jsonl(*(SCAN | {"tracking_number": f"SF12345678{n:05}"} for n in range(700)), {"node": "moon"}))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", bench.infra.kafka)
    monkeypatch.setenv("TOPIC_PREFIX", bench.names.prefix)
    command = CliRunner()
    app = bulk.typer.Typer()
    app.command()(bulk.main)
    for _ in range(2):
        done = await asyncio.to_thread(command.invoke, app, [str(file)])
        assert done.exit_code == bulk.REFUSED_LINES, done.output
    (refused,) = (tmp_path / "scans.jsonl.rejects.jsonl").read_text().splitlines()
    assert json.loads(refused)["line"] == 701

    async def arrived() -> bool:
        return len(await bench.records(PARCEL_EVENTS)) == 1400

    await poll(arrived, 30, what="the relay")
    records = await bench.records(PARCEL_EVENTS)
    assert len(ids(records)) == 700
    assert {ParcelScan.model_validate_json(r.value or b"").carrier for r in records} == {"shunfeng"}

"""A Kafka with TLS and passwords: topics, a whole service and the commands come in by it, and nobody else (SY-8)."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from shared.contracts.topics import TOPICS
from shared.kafka_security import KafkaSecurity
from shared.settings import KafkaSettings
from tests.integration import asking
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.polling import poll
from tests.integration.security.broker import SecureBroker
from tools.secret_files import ensure
from tools.stack.ports import free_port

pytestmark = [pytest.mark.req("SY-8"), pytest.mark.slow]


@pytest.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SecureBroker]:
    made = SecureBroker(tmp_path_factory.mktemp("secure"))
    await made.start()
    try:
        await poll(made.listens, 90, what="the broker listens")
        await poll(lambda: reachable(made.environment), 60, what="the broker takes us")
        yield made
    finally:
        await made.stop()


async def reachable(environment: dict[str, str]) -> bool:
    """Whether a client with this environment gets the cluster's metadata."""
    values: dict[str, Any] = {name.lower(): value for name, value in environment.items()}
    settings = KafkaSettings(**values)
    options = KafkaSecurity.of(settings).options()
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap_servers, request_timeout_ms=5_000, **options)
    try:
        async with asyncio.timeout(10):
            await consumer.start()
            await consumer.topics()
            return True
    except (KafkaError, TimeoutError, OSError):
        return False
    finally:
        await consumer.stop()


async def command(*arguments: str, **environment: str) -> tuple[int, str]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **environment},
    )  # fmt: skip
    output, _ = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode is not None
    return child.returncode, output.decode()


async def test_who_does_not_prove_himself_stays_outside(broker: SecureBroker, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("close sesame")
    assert not await reachable({**broker.environment, "KAFKA_SASL_PASSWORD_FILE": str(wrong)})
    assert not await reachable({"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap})
    stranger = {name: value for name, value in broker.environment.items() if name != "KAFKA_CA_FILE"}
    assert not await reachable(stranger), "a broker of an unknown authority is not believed"
    assert await reachable(broker.environment)


async def test_topics_a_service_and_the_dead_letters_come_in(
    broker: SecureBroker, infra: Infra, fresh_names: FreshNames, tmp_path: Path
) -> None:
    assert await command("shared.topics", "ensure", **broker.environment) == (
        0,
        f"topics: {len(TOPICS)} in the table, {len(TOPICS)} created\n",
    )
    code, output = await command("shared.deadletters", "list", **broker.environment)
    assert code == 0, output
    assert "dead letters: 0" in output
    await assert_routing_runs(broker, infra, fresh_names, tmp_path)


async def assert_routing_runs(broker: SecureBroker, infra: Infra, names: FreshNames, directory: Path) -> None:
    """Routing has every sort of client: three consumers, two producers, and readers of its changelog."""
    ensure(directory / "secrets")
    url = f"http://127.0.0.1:{free_port()}"
    own = {
        **broker.environment,
        "MONGO_URL": infra.mongo_url,
        "DATABASE_PREFIX": names.prefix,
        "SECRETS_DIR": str(directory / "secrets"),
        "STATE_DIR": str(directory / "state"),
        "HTTP_PORT": url.rpartition(":")[2],
    }
    log = directory / "routing.log"
    with log.open("wb") as out:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.routing", stdout=out, stderr=out, env={**os.environ, **own}
        )

    async def ready() -> bool:
        assert child.returncode is None, log.read_text()[-3000:]
        async with asking.client() as client:
            try:
                return (await client.get(f"{url}/health/ready")).status_code == 200
            except httpx.HTTPError:
                return False

    try:
        await poll(ready, 120, what=f"routing is ready; see {log}")
        await poll(lambda: log.read_text().count("partition_restored") == 4, 60, what="four partitions restored")
    finally:
        child.send_signal(signal.SIGTERM)
        await asyncio.wait_for(child.wait(), 30)

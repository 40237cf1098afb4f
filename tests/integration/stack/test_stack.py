"""A whole stack of its own: up, killed parts, down, and up again with the same data at the same addresses."""

import os
import signal
from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import MongoClient

from tests.integration.conftest import remove
from tests.integration.polling import poll
from tools.stack import Stack
from tools.stack.kafka import answers as kafka_answers
from tools.stack.layout import layout_of
from tools.stack.ports import is_listening
from tools.stack.readiness import is_ready

pytestmark = [pytest.mark.req("SY-8"), pytest.mark.slow]
DIRECTORY = f"var/test-{os.getpid()}-stack"


@pytest.fixture
def own_directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.delenv("MONGO_URL", raising=False)
    yield DIRECTORY
    remove(layout_of(DIRECTORY))


def port_of(address: str) -> int:
    return int(address.rsplit(":", 1)[1].split("/")[0])


async def write(stack: Stack) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.info.kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic("kept", 1, 1)])
    finally:
        await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=stack.info.kafka, acks="all") as producer:
        await producer.send_and_wait("kept", b"accepted")
    with MongoClient[dict[str, object]](stack.info.mongo, w="majority", journal=True) as client:
        client["kept"]["rows"].insert_one({"_id": "accepted"})


async def assert_kept(stack: Stack) -> None:
    async with AIOKafkaConsumer(bootstrap_servers=stack.info.kafka, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition("kept", 0)])
        record = await consumer.getone()
    assert record.value == b"accepted"
    with MongoClient[dict[str, object]](stack.info.mongo) as client:
        assert client["kept"]["rows"].count_documents({"_id": "accepted"}) == 1


async def test_nothing_accepted_is_lost_by_kills_or_by_down_and_up(own_directory: str) -> None:
    stack = Stack.up(own_directory, services=False, clean=True)
    await write(stack)
    before = {program: stack.pid(program) for program in ("kafka", "mongod")}
    for program in before:
        stack.kill(program, signal.SIGKILL)
    await poll(lambda: all(stack.pid(program) not in (0, pid) for program, pid in before.items()), 30)
    await poll(lambda: kafka_answers(stack.info.kafka), 30)
    await assert_kept(stack)

    stack.down()
    assert Stack.attach(own_directory) is None
    assert not is_listening(port_of(stack.info.kafka))
    assert not is_listening(port_of(stack.info.mongo))
    stack.down()

    again = Stack.up(own_directory, services=False)
    assert (again.info.kafka, again.info.mongo) == (stack.info.kafka, stack.info.mongo)
    await assert_kept(again)


async def test_simulators_run_beside_clusters_of_others(
    own_directory: str, kafka: str, mongo_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("MONGO_URL", mongo_url)
    stack = Stack.up(own_directory, services=False, simulators=True, clean=True)
    assert {*stack.supervisor.states()} == {"payment", "mailcatcher", "webhooksink", "mediahost"}
    attached = Stack.attach(own_directory)
    assert attached
    assert (attached.info.kafka, attached.info.mongo) == (kafka, mongo_url)
    assert attached.info.payment
    door = f"{attached.info.payment.url}/health/ready"
    stack.kill("payment", signal.SIGKILL)
    await poll(lambda: not is_ready(door))
    await poll(lambda: is_ready(door))
    stack.stop("payment")
    assert not is_ready(door)
    stack.restart("payment")
    await poll(lambda: is_ready(door))
    stack.down()
    assert not is_ready(door)
    assert stack.supervisor.orphans() == []

"""The indicators counted again from Kafka are the same (SY-9)."""

import asyncio
import os
import sys

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from services.metrics.rebuild import RebuildRefused, rebuild
from services.metrics.store import Figures
from shared.mongo import Database, connect
from tests.integration.metrics.harness import Bench, Process, Samples, figures
from tests.integration.polling import poll
from tests.unit.metrics import events

pytestmark = pytest.mark.req("SY-9")

CLOSED = {"channel": "web", "kind": "complaint", "origin": "contact", "first_contact": "no"}
NAME = "parcelcare_cases_closed_total"
CASES = 40
RECORDS = CASES * len(events.everything())


async def send_a_day(bench: Bench) -> None:
    for n in range(CASES):
        await bench.send(events.everything(), key=f"k{n}")


async def all_figures(bench: Bench, process: Process) -> Samples:
    """Once every topic is read to its end and two snapshots later show the same."""
    await bench.until(process, NAME, CASES, **CLOSED)
    for topic in ("cases.v1", "claims.v1", "notices.v1", "parcel-exceptions.v1", "work-orders.v1"):
        await bench.until(process, "parcelcare_kafka_lag_records", 0, group="metrics", topic=topic)
    seen: list[Samples] = []

    async def same_again() -> bool:
        seen.append(figures(await process.samples()))
        return len(seen) > 3 and seen[-1] == seen[-4]

    await poll(same_again, pause=0.3)
    return seen[-1]


@pytest.mark.slow
async def test_figures_are_the_same_after_a_rebuild(bench: Bench) -> None:
    process = await bench.start()
    await send_a_day(bench)
    before = await all_figures(bench, process)
    await process.end()
    spans = await rebuild(bench.settings)
    assert sum(span.end - span.beginning for span in spans.values()) == RECORDS
    again = await bench.start()
    await bench.until(again, "parcelcare_indicators_rebuilding", 0)
    assert await all_figures(bench, again) == before


async def test_figures_are_withheld_until_the_rebuild_has_caught_up(bench: Bench) -> None:
    """So that Prometheus never sees a counter climb again from zero."""
    await send_a_day(bench)
    await rebuild(bench.settings)
    client = connect(bench.settings.mongo_url)
    stored = Figures(Database(client, bench.names.database("metrics")), "x", 800)
    targets = await stored.rebuild_targets()
    assert sum(targets.values()) == RECORDS
    await stored.mark_rebuild({key: offset + 1 for key, offset in targets.items()})
    process = await bench.start()
    await bench.until(process, "parcelcare_kafka_lag_records", 0, group="metrics", topic="cases.v1")
    withheld = await bench.until(process, "parcelcare_indicators_rebuilding", 1)
    assert not any(name == NAME for name, _ in withheld)
    assert (await process.read("/v1/indicators", bench.token())).status_code == 503
    await stored.mark_rebuild(targets)
    await bench.until(process, NAME, CASES, **CLOSED)
    assert await stored.rebuild_targets() == {}
    client.close()


async def test_a_rebuild_is_refused_while_the_service_runs(bench: Bench) -> None:
    process = await bench.start()
    await bench.send(events.everything())
    await bench.until(process, "parcelcare_kafka_lag_records", 0, group="metrics", topic="cases.v1")
    with pytest.raises(RebuildRefused, match="stop them first"):
        await rebuild(bench.settings.model_copy(update={"group_session_s": 1.0}))


async def test_a_rebuild_is_refused_where_records_are_gone(bench: Bench) -> None:
    await send_a_day(bench)
    topic = bench.names.topic("notices.v1")
    admin = AIOKafkaAdminClient(bootstrap_servers=bench.infra.kafka)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=1)})
    finally:
        await admin.close()
    with pytest.raises(RebuildRefused, match=r"notices.v1/0: 1"):
        await rebuild(bench.settings)
    spans = await rebuild(bench.settings, accept_loss=True)
    assert spans[TopicPartition(topic, 0)].beginning == 1


async def test_a_rebuild_is_refused_where_there_are_no_topics(bench: Bench) -> None:
    elsewhere = bench.settings.model_copy(update={"topic_prefix": bench.names.prefix + "x-"})
    with pytest.raises(RebuildRefused, match="No topic"):
        await rebuild(elsewhere)


async def test_the_command_says_what_it_did(bench: Bench) -> None:
    await bench.send(events.everything())
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.metrics.rebuild",
        env={**os.environ, **bench.environment},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    assert child.returncode == 0
    assert f"Dropped the database {bench.names.database('metrics')}." in output.decode()
    assert f"counts about {len(events.everything())} records" in output.decode()

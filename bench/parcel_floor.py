"""The floor of the parcel path: hand-written loops, JSON and RocksDB, no framework, validation or rules
(`python -m bench.parcel_floor intake|routing`, settings from the environment)."""

import asyncio
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from rocksdict import WriteBatch

from shared.messaging.partition_state.local import LocalState, Memory

PREFIX = os.environ.get("FLOOR_PREFIX", "floor-")
SERVERS = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
BATCH = 2000


async def intake() -> None:
    """Read, parse, write again by key: one built batch per partition."""
    consumer, producer = await connect("gateway", "intake")
    while True:
        for partition, records in (await consumer.getmany(timeout_ms=50, max_records=BATCH)).items():
            values: Any = [(r.key, orjson.dumps(orjson.loads(r.value or b"")), list(r.headers)) for r in records]
            await send(producer, f"{PREFIX}events", partition.partition, values)
            await consumer.commit({partition: records[-1].offset + 1})


async def routing() -> None:
    """Read, parse, fold into the store with its due index, log the states, commit."""
    consumer, producer = await connect("events", "routing")
    memory = Memory()
    stores = {n: LocalState(Path(os.environ["FLOOR_DIRECTORY"]) / str(n), "floor", memory) for n in range(4)}
    while True:
        for partition, records in (await consumer.getmany(timeout_ms=50, max_records=BATCH)).items():
            changed = fold(stores[partition.partition], records)
            await send(producer, f"{PREFIX}state", partition.partition, changed)
            await consumer.commit({partition: records[-1].offset + 1})


def fold(store: LocalState, records: list[Any]) -> list[tuple[bytes, bytes, list[Any]]]:
    by_key: dict[bytes, list[Any]] = defaultdict(list)
    for record in records:
        by_key[record.key].append(orjson.loads(record.value))
    keys = list(by_key)
    values = store.get_many(keys)
    batch = WriteBatch(raw_mode=True)
    now = int(time.time() * 1e6).to_bytes(8, "big")
    for key in keys:
        value = values[key] or b"{}"
        batch.put(b"s" + key, value)
        batch.put(b"d" + now + key, b"")
        batch.delete(b"d" + value[:8] + key)
    store._db.write(batch)
    return [(key, values[key] or b"{}", []) for key in keys]


async def connect(topic: str, group: str) -> tuple[AIOKafkaConsumer, AIOKafkaProducer]:
    consumer = AIOKafkaConsumer(
        PREFIX + topic,
        bootstrap_servers=SERVERS,
        group_id=PREFIX + group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(bootstrap_servers=SERVERS, acks="all", max_batch_size=512 * 1024)
    await consumer.start()
    await producer.start()
    return consumer, producer


async def send(
    producer: AIOKafkaProducer, topic: str, partition: int, values: list[tuple[bytes, bytes, list[Any]]]
) -> None:
    futures = []
    batch = producer.create_batch()
    for key, value, headers in values:
        if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
            futures.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None, headers=headers)
    futures.append(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*futures)


if __name__ == "__main__":
    asyncio.run({"intake": intake, "routing": routing}[sys.argv[1]]())

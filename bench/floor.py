"""The floor: hand-written aiokafka loops, batches of 500, one plain bulk write per hop, no framework, validation
or inbox; messages and documents as large as ours (`python -m bench.floor HOP`, settings from the environment)."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import aiosmtplib
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import InsertOne, ReplaceOne, UpdateOne

TOPICS = ("contacts", "interactions", "cases", "requests", "sent")
PREFIX = os.environ.get("FLOOR_PREFIX", "floor-")
SIZES: dict[str, int] = orjson.loads(os.environ.get("FLOOR_SIZES", "{}"))
CONNECTIONS = 8

Records = list[Any]
Hop = Callable[[Records], Awaitable[list[tuple[bytes, bytes]]]]


def padded(data: dict[str, Any], name: str) -> bytes:
    """JSON as large as our message of that hop."""
    short = SIZES.get(name, 0) - len(orjson.dumps(data)) - 10
    return orjson.dumps({**data, "pad": "x" * max(0, short)})


async def loop(source: str, target: str | None, hop: Hop) -> None:
    consumer = AIOKafkaConsumer(
        PREFIX + source,
        bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        group_id=f"{PREFIX}{sys.argv[1]}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"], acks="all", linger_ms=2, max_batch_size=256 * 1024
    )
    await consumer.start()
    await producer.start()
    while True:
        batches = await consumer.getmany(timeout_ms=50, max_records=500)
        records = [record for batch in batches.values() for record in batch]
        if not records:
            continue
        messages = await hop(records)
        if target:
            futures = [await producer.send(PREFIX + target, value, key=key) for key, value in messages]
            await asyncio.gather(*futures)
        await consumer.commit()


def collection(name: str) -> Any:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(os.environ["MONGO_URL"])
    return client["floor"][f"{PREFIX}{name}"]


async def intake(records: Records) -> list[tuple[bytes, bytes]]:
    await raw.bulk_write([InsertOne({"_id": os.urandom(12), "raw": r.value}) for r in records], ordered=False)
    return [(r.key, padded(orjson.loads(r.value), "interactions")) for r in records]


async def routing(records: Records) -> list[tuple[bytes, bytes]]:
    out, writes = [], []
    for record in records:
        data = orjson.loads(record.value)
        data.pop("pad", None)
        value = padded({"case": data, "status": "queued"}, "cases")
        key = record.key.decode()
        writes.append(ReplaceOne({"_id": key}, {"_id": key, "version": 1, "due": 1, "state": value}, upsert=True))
        out.append((record.key, value))
    await raw.bulk_write(writes, ordered=False)
    return out


async def notify(records: Records) -> list[tuple[bytes, bytes]]:
    out, writes = [], []
    for record in records:
        case = orjson.loads(record.value)
        key = record.key.decode()
        view = padded({"case": key}, "views")
        writes.append(ReplaceOne({"_id": key}, {"_id": key, "version": 1, "state": view}, upsert=True))
        out.append((record.key, padded({"to": case["case"]["customer"]["email"]}, "requests")))
    await raw.bulk_write(writes, ordered=False)
    return out


async def send(records: Records) -> list[tuple[bytes, bytes]]:
    requests = [orjson.loads(r.value) for r in records]
    pool = [smtp[n % len(smtp)] for n in range(min(len(smtp), len(requests)))]

    async def through(n: int, client: aiosmtplib.SMTP) -> None:
        for request in requests[n :: len(pool)]:
            body = b"Subject: received\r\n\r\n" + request["pad"].encode()
            await client.sendmail("care@parcelcare.example", [request["to"]], body)

    await asyncio.gather(*(through(n, client) for n, client in enumerate(pool)))
    return [(r.key, b'{"sent": true}') for r in records]


async def metrics(records: Records) -> list[tuple[bytes, bytes]]:
    for record in records:
        orjson.loads(record.value)
    await raw.bulk_write([UpdateOne({"_id": "cases"}, {"$inc": {"n": len(records)}}, upsert=True)])
    return []


HOPS: dict[str, tuple[str, str | None, Hop]] = {
    "intake": ("contacts", "interactions", intake),
    "routing": ("interactions", "cases", routing),
    "notify": ("cases", "requests", notify),
    "send": ("requests", "sent", send),
    "metrics": ("cases", None, metrics),
}
raw: Any = None
smtp: list[aiosmtplib.SMTP] = []


async def main(name: str) -> None:
    global raw
    raw = collection(name)
    if name == "send":
        for _ in range(CONNECTIONS):
            client = aiosmtplib.SMTP(hostname="127.0.0.1", port=int(os.environ["SINK_PORT"]), start_tls=False)
            await client.connect()
            smtp.append(client)
    await loop(*HOPS[name])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

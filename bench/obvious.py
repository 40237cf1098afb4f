"""The obvious way: FastStream, one typed record at a time, a publisher and an acknowledgement per record, one
database write per record, one SMTP connection per mail (`python -m bench.obvious HOP`)."""

import asyncio
import os
import sys
from typing import Any

import aiosmtplib
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import BaseModel

PREFIX = "obvious-"
broker = KafkaBroker(os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092"), logger=None, acks="all")
client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(os.environ.get("MONGO_URL", "mongodb://127.0.0.1"))


class Person(BaseModel):
    name: str
    phone: str
    email: str
    language: str


class Contact(BaseModel):
    customer: Person
    text: str
    occurred_at: str


def hop(name: str, source: str, target: str) -> None:
    rows = client["obvious"][name]

    @broker.subscriber(PREFIX + source, group_id=PREFIX + name, auto_offset_reset="earliest", ack_policy=AckPolicy.ACK)
    @broker.publisher(PREFIX + target)
    async def handle(contact: Contact) -> Contact:
        await rows.insert_one(contact.model_dump())
        return contact


def send() -> None:
    rows = client["obvious"]["send"]

    @broker.subscriber(
        PREFIX + "requests", group_id=PREFIX + "send", auto_offset_reset="earliest", ack_policy=AckPolicy.ACK
    )
    @broker.publisher(PREFIX + "sent")
    async def handle(contact: Contact) -> Contact:
        await aiosmtplib.send(
            f"Subject: received\r\n\r\n{contact.text}".encode(),
            sender="care@parcelcare.example",
            recipients=[contact.customer.email],
            hostname="127.0.0.1",
            port=int(os.environ["SINK_PORT"]),
            start_tls=False,
        )
        await rows.insert_one({"email": contact.customer.email})
        return contact


HOPS = {"intake": ("contacts", "interactions"), "routing": ("interactions", "cases"), "notify": ("cases", "requests")}

if __name__ == "__main__":
    if sys.argv[1] == "send":
        send()
    else:
        hop(sys.argv[1], *HOPS[sys.argv[1]])
    asyncio.run(FastStream(broker, logger=None).run())

"""What one contact costs in the stage that knows who is who: parsed, heard and stored in a real MongoDB, by batches.

`python -m bench.identity --mongo-url mongodb://…/?replicaSet=rs0 [--contacts 5000]`: needs no Kafka. Microseconds of
this process's CPU for a contact: of customers that are new with two handles and a parcel (the dearest kind: all of
it is written and announced), of the same again, and of known customers by one handle. `alone`: parsing, as any stage.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from secrets import token_hex

from aiokafka import ConsumerRecord

from services.intake.adapters.contact import interaction_message
from services.intake.customers import customer_of
from services.intake.identity.handlers import IdentityHandler
from services.intake.identity.rules import identity_rules
from services.intake.identity.store import IdentityStore
from shared import garbage
from shared.contracts import interactions
from shared.contracts.base import derived_id
from shared.contracts.interactions import Interaction
from shared.contracts.people import Channel
from shared.contracts.personal import Personal
from shared.messaging.inbox import Inbox
from shared.messaging.message import Incoming
from shared.messaging.parking import Parking
from shared.messaging.processor import Work
from shared.messaging.record import cloud_event_parser
from shared.messaging.retry import RetryPolicy
from shared.messaging.transactional import TransactionalProcessor
from shared.mongo import Database, connect
from shared.security.identity import IdentityKey

BATCH = 500
KEY = IdentityKey(b"a key for the bench only")
Record = ConsumerRecord[bytes, bytes]


def contact(n: int, round_: str, mail: bool) -> Interaction:
    phone, now = f"+86139{n:08}", datetime.now(UTC)
    return Interaction(
        interaction_id=derived_id(f"{round_}/{n}", "interaction"),
        channel=Channel.WEB,
        gateway="web",
        customer=customer_of(KEY, unknown="", phone=phone, email=f"c{n}@example.com" if mail else None),
        text=Personal(f"你好，我的快递单号SF{n:013}已经三天没有更新物流信息了，请问现在到哪里了？"),
        occurred_at=now,
        received_at=now,
        tracking_numbers=(f"SF{n:013}",),
    )


def records(count: int, round_: str, mail: bool = True) -> list[Record]:
    found = []
    for n in range(count):
        message = interaction_message(contact(n, round_, mail), datetime.now(UTC), None)
        key, headers = message.key.encode(), tuple(message.headers())
        sizes = (len(key), len(message.value))
        found.append(Record(message.topic, 0, n, 0, 0, key, message.value, None, *sizes, headers))
    return found


def batches(found: Sequence[Record]) -> Iterator[Sequence[Record]]:
    return (found[n : n + BATCH] for n in range(0, len(found), BATCH))


async def measure(url: str, count: int) -> dict[str, float]:
    database = Database(connect(url), f"bench-identity-{token_hex(4)}")
    store = IdentityStore(database, 1095)
    inbox, parking = Inbox(database, "identity", 60), Parking(database, "identity", RetryPolicy())
    for start in (store.create_indexes, inbox.create_indexes, parking.create_indexes):
        await start()
    handler = IdentityHandler(store, identity_rules(), KEY, frozenset(), lambda: datetime.now(UTC))
    processor = TransactionalProcessor(database, inbox, parking, aggregate_of=handler.aggregate_of, handler=handler)
    parse = cloud_event_parser(interactions.TYPES, "identity")

    async def run(found: Sequence[Record], work: Callable[[Sequence[Work]], object] | None = None) -> float:
        began = time.process_time()
        for batch in batches(found):
            parsed = [Work(p, r) for r in batch if isinstance(p := parse(r), Incoming)]
            assert len(parsed) == len(batch)
            if work is None:
                await processor.process(parsed)
        return (time.process_time() - began) / len(found) * 1e6

    try:
        await run(records(BATCH, "warm", mail=False)[:BATCH])
        return {
            "alone": await run(records(count, "alone"), work=len),
            "new, two handles": await run(records(count, "new")),
            "the same again": await run(records(count, "again")),
            "known, one handle": await run(records(count, "one", mail=False)),
        }
    finally:
        await database.drop()


def main() -> None:
    garbage.settle()
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--mongo-url", required=True)
    options.add_argument("--contacts", type=int, default=5000)
    asked = options.parse_args()
    for name, microseconds in asyncio.run(measure(asked.mongo_url, asked.contacts)).items():
        print(f"{name:20} {microseconds:6.0f} µs of CPU for a contact")


if __name__ == "__main__":
    main()

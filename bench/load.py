"""The contacts that every chain is fed with, and the clock that is held beside them."""

import asyncio
import time
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import orjson
from aiokafka import AIOKafkaProducer

TEXTS = (
    "你好，我的快递单号{n:012d}已经三天没有更新物流信息了，请问现在到哪里了？家里等着用，麻烦尽快帮我查一下。",
    "昨天签收的包裹外箱破损，里面的杯子碎了两个，我已经拍照，请问怎么处理？订单是上周在旗舰店买的。",
    "我想改一下收货地址，原来的地址没有人，能不能改到公司？谢谢，公司在浦东新区世纪大道附近。",
    "快递员态度非常差，电话里直接挂断，还说爱要不要，我要投诉，请给我一个说法。",
    "Hello, my parcel has not moved since Monday. Could you please tell me where it is and when it will arrive?",
    "运费多收了十二块钱，说好的首重价格，为什么按续重算？请核实后退给我差价。",
)


def contact(n: int, label: str) -> bytes:
    """The `data` object of a chat message by a customer of its own (another for each label)."""
    english = n % len(TEXTS) == 4
    return orjson.dumps(
        {
            "customer": {
                "name": f"客户{n}",
                "phone": f"+86139{zlib.crc32(label.encode()) % 900:03d}{n % 10**5:05d}",
                "email": f"{label}-{n}@example.com",
                "language": "en" if english else "zh",
            },
            "text": TEXTS[n % len(TEXTS)].format(n=n),
            "occurred_at": datetime.now(UTC).isoformat(),
        }
    )


def headers(n: int, label: str) -> list[tuple[str, bytes]]:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", f"{label}-{n}".encode()),
        ("ce_type", b"chat.message"),
        ("ce_source", b"bench"),
        ("ce_time", datetime.now(UTC).isoformat().encode()),
        ("content-type", b"application/json"),
    ]


async def send_all(bootstrap: str, topic: str, label: str, count: int) -> float:
    """As fast as Kafka takes them; returns the Unix time before the first."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5, max_batch_size=256 * 1024)
    await producer.start()
    try:
        started = time.time()
        futures = [
            await producer.send(topic, contact(n, label), key=str(n).encode(), headers=headers(n, label))
            for n in range(count)
        ]
        await asyncio.gather(*futures)
        return started
    finally:
        await producer.stop()


async def send_at(bootstrap: str, topic: str, label: str, per_second: float, seconds: float) -> dict[str, float]:
    """Evenly spaced; returns each recipient's Unix time of sending."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0)
    await producer.start()
    sent: dict[str, float] = {}
    try:
        started = time.monotonic()
        for n in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, started + n / per_second - time.monotonic()))
            sent[f"{label}-{n}@example.com"] = time.time()
            await producer.send(topic, contact(n, label), key=str(n).encode(), headers=headers(n, label))
        await producer.flush()
        return sent
    finally:
        await producer.stop()


async def until(condition: Callable[[], Awaitable[bool]], seconds: float, what: str) -> None:
    """Poll; raises TimeoutError naming what did not happen."""
    end = time.monotonic() + seconds
    while not await condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        await asyncio.sleep(0.05)


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

"""One person on every channel, through intake's real gateways; and what intake and customers.v1 know of who is who."""

import time
from dataclasses import dataclass
from typing import Any

import aiosmtplib
import httpx
import orjson
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from services.intake.adapters import wechat_xml
from services.intake.adapters.sorted_sha1 import sorted_sha1
from services.intake.adapters.wechat_crypto import MessageCipher
from services.intake.identity.circle import Circle, from_json
from services.intake.identity.wiring import GROUP
from services.routing.aliases import Alias, newest
from shared.contracts.customers import TYPES, CustomerEvent
from shared.contracts.topics import CUSTOMERS, INTERACTIONS, ORDER_EVENTS, Topic
from shared.security.identity import IdentityKey
from shared.security.tokens import issue_local
from tests.integration.intake.harness import Bench, Process
from tests.integration.polling import poll
from tests.unit.intake.test_carrier import order
from tests.unit.intake.test_phone import ended
from tests.unit.intake.test_web import chat

PHONE, MAIL, OPENID = "13800138001", "ann@mail.example", "oABCD1234efgh5678ijkl9012mno"


@dataclass
class Ann:
    """Writes by phone, mail, WeChat and web; `n` tells her contacts apart."""

    bench: Bench

    def __post_init__(self) -> None:
        key = IdentityKey.load(self.bench.secrets)
        self.phone = key.customer_id(phone_e164=f"+86{PHONE}")
        self.mail = key.customer_id(email=MAIL)
        self.openid = key.customer_id(openid=OPENID)

    async def by_web(self, process: Process, n: int, **customer: str) -> None:
        body = chat(customer=customer, text="你好，在吗")
        assert (await self.bench.webhook(process, "web", body, f"w{n}")).status_code == 202

    async def by_phone(self, process: Process, n: int, phone: str = PHONE) -> None:
        body = ended(**{"from": phone}, call_id=f"c-{n}")
        assert (await self.bench.webhook(process, "phone", body, f"p{n}")).status_code == 202

    async def by_mail(self, process: Process, n: int, mail: str = MAIL) -> None:
        head = f"From: {mail}\r\nTo: care@parcelcare.example\r\nMessage-ID: <{n}@mail.example>\r\n"
        body = f"{head}\r\nHello, are you there?"
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=process.smtp_port, timeout=60) as client:
            await client.mail(mail)
            await client.rcpt("care@parcelcare.example")
            assert (await client.data(body.encode())).code == 250

    async def by_wechat(self, process: Process, n: int) -> None:
        secrets = self.bench.secrets_of("wechat")
        stamp = str(int(time.time()))
        message = {"ToUserName": "gh_0123456789ab", "FromUserName": OPENID, "CreateTime": int(stamp), "MsgType": "text"}
        content = wechat_xml.write(message | {"Content": "在吗", "MsgId": str(23456789012345000 + n)})
        encrypted = MessageCipher.of(secrets["aes_key"], secrets["app_id"]).encrypt(content)
        parts = (secrets["token"], stamp, "77")
        query = {"signature": sorted_sha1(*parts), "timestamp": stamp, "nonce": "77", "encrypt_type": "aes"}
        query["msg_signature"] = sorted_sha1(*parts, encrypted)
        answer = await self.bench.http.post(
            f"{process.url}/gateways/wechat",
            params=query,
            content=wechat_xml.write({"Encrypt": encrypted}),
            headers={"content-type": "text/xml"},
        )
        assert answer.status_code == 200, answer.text

    async def orders(self, process: Process, n: int, **customer: str) -> None:
        body = order(customer=customer, order_number=f"TB{n}", tracking_numbers=[f"SF{n:013}"]) | {"id": f"o-{n}"}
        answer = await self.bench.webhook(process, "shop", body, f"o{n}", "application/cloudevents+json")
        assert answer.status_code == 202, answer.text


async def circles(bench: Bench) -> list[Circle]:
    rows = await bench.mongo[bench.names.database("intake")]["customers"].find().sort("_id").to_list(None)
    return [from_json(row["circle"]) for row in rows]


async def customers(bench: Bench) -> dict[str, set[str]]:
    """The handles of each customer."""
    return {k.customer_id: set(k.handles) for c in await circles(bench) for k in c.customers}


async def announced(bench: Bench) -> dict[str, CustomerEvent]:
    """The events of customers.v1 by id, each once."""
    found = {}
    for record in await bench.records(CUSTOMERS):
        headers = dict(record.headers)
        event = TYPES[headers["ce_type"].decode()].model_validate_json(record.value or b"")
        assert isinstance(event, CustomerEvent)
        assert (record.key or b"").decode() == event.customer_id
        found[headers["ce_id"].decode()] = event
    return found


async def told(bench: Bench) -> dict[str, Alias]:
    """What a reader of customers.v1 knows of each handle."""
    return newest((await announced(bench)).values())


async def until_heard(bench: Bench, prefix: str | None = None) -> None:
    """Until the identity stage has read, and committed, all that stands in its topics."""
    group = (bench.names.prefix if prefix is None else prefix) + GROUP
    admin = AIOKafkaAdminClient(bootstrap_servers=bench.infra.kafka)
    await admin.start()

    async def read() -> bool:
        offsets = await admin.list_consumer_group_offsets(group)
        done = {p: o.offset for p, o in offsets.items()}
        ends = [end for topic in (INTERACTIONS, ORDER_EVENTS) for end in await _ends(bench, topic)]
        return all(done.get(partition, 0) >= end for partition, end in ends)

    try:
        await poll(read, 60, pause=0.2, what="all statements to be heard")
    finally:
        await admin.close()


async def _ends(bench: Bench, topic: Topic) -> list[tuple[TopicPartition, int]]:
    return list((await bench.ends(topic)).items())


async def ask(bench: Bench, process: Process, path: str, *roles: str, **query: str) -> httpx.Response:
    return await bench.http.get(f"{process.url}/v1/customers{path}", params=query, headers=_token(bench, *roles))


async def act(bench: Bench, process: Process, path: str, version: str | None, body: Any, *roles: str) -> httpx.Response:
    headers = _token(bench, *roles) | ({"If-Match": version} if version is not None else {})
    url = f"{process.url}/v1/customers{path}"
    return await bench.http.post(url, content=orjson.dumps(body), headers=headers)


def _token(bench: Bench, *roles: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_local(bench.secrets, 'wang', roles)}"} if roles else {}

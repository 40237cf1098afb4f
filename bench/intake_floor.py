"""The floor of intake's edges: a bare Starlette handler and a bare aiosmtpd that put the bytes into Kafka as they came
(`python -m bench.intake_floor`, settings from the environment). Same uvicorn, same signatures, same acks; no more."""

import asyncio
import hashlib
import hmac
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson
import uvicorn
import uvloop
from aiokafka import AIOKafkaProducer
from aiosmtpd.smtp import SMTP
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared import garbage
from shared.http_connection import connection
from shared.http_limits import RequestLimits
from shared.security import webhooks

TOPIC = os.environ.get("FLOOR_TOPIC", "floor-intake")
producer: Any = None
secrets: dict[str, Any] = {}


async def put(body: bytes) -> None:
    await (await producer.send(TOPIC, body))


async def web(request: Request) -> Response:
    body = await request.body()
    try:
        webhook_id = webhooks.verify(secrets["web"]["secrets"], request.headers, body, datetime.now(UTC))
    except webhooks.SignatureInvalid:
        return Response(status_code=401)
    await put(body)
    return Response(orjson.dumps({"id": webhook_id}), 202, media_type="application/json")


async def kuaidi100(request: Request) -> Response:
    body = await request.body()
    form = dict(parse_qsl(body.decode("ascii")))
    expected = hashlib.md5((form["param"] + secrets["kuaidi100"]["salt"]).encode()).hexdigest().upper()
    if not hmac.compare_digest(expected, form["sign"]):
        return Response(status_code=401)
    await put(body)
    return Response(orjson.dumps({"result": True}), 200, media_type="application/json")


class Mails:
    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await put(envelope.original_content)
        return "250 taken"


async def main() -> None:
    global producer
    producer = AIOKafkaProducer(
        bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        max_batch_size=256 * 1024,
    )
    await producer.start()
    garbage.settle()
    await asyncio.get_running_loop().create_server(
        lambda: SMTP(Mails(), enable_SMTPUTF8=True), "127.0.0.1", int(os.environ["SMTP_PORT"])
    )
    routes = [Route("/gateways/web", web, methods=["POST"]), Route("/gateways/kuaidi100", kuaidi100, methods=["POST"])]
    config = uvicorn.Config(
        Starlette(routes=routes),
        host="127.0.0.1",
        port=int(os.environ["HTTP_PORT"]),
        log_config=None,
        access_log=False,
        http=connection(RequestLimits()),
        ws="none",
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    secrets = json.loads((Path(os.environ["SECRETS_DIR"]) / "gateways.json").read_text())
    uvloop.run(main())

"""A gateway's other side in small: checks signatures with the public library, and fails as it is told."""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import uvicorn
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SECRETS = ["whsec_bmV3ZXN0LXNlY3JldC1vZi0zMi1ieXRlcy0tLS0tLS0=", "whsec_b2xkZXItc2VjcmV0LW9mLTMyLWJ5dGVzLS0tLS0tLS0="]
SALT = "pepper"
CREDENTIALS = {name: {"secrets": SECRETS, "salt": SALT} for name in ("web", "phone", "carrier", "kuaidi100")}


@dataclass
class Received:
    """`failures`: statuses to answer before the first yes."""

    failures: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    accepted: dict[str, bytes] = field(default_factory=dict)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        body = await request.body()
        headers = dict(request.headers)
        self.headers.append(headers)
        if request.path_params["name"] == "kuaidi100":
            return self.form(body)
        self.ids.append(headers["webhook-id"])
        if not any(verified(secret, body, headers) for secret in SECRETS):
            return JSONResponse({"title": "signature"}, 401)
        if self.failures:
            return Response(status_code=self.failures.pop(0), headers={"retry-after": "0"})
        self.accepted[headers["webhook-id"]] = body
        return JSONResponse({"id": f"i-{headers['webhook-id']}"}, 202)

    def form(self, body: bytes) -> Response:
        fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        expected = hashlib.md5((fields["param"] + SALT).encode()).hexdigest().upper()
        if fields["sign"] != expected:
            return JSONResponse({"result": False}, 401)
        self.accepted["push"] = fields["param"].encode()
        return JSONResponse({"result": True, "returnCode": "200", "message": "成功"})


def verified(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


@asynccontextmanager
async def listening(received: Received) -> AsyncIterator[str]:
    app = Starlette(routes=[Route("/gateways/{name}", received.take, methods=["POST"])])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        async with running(server, listener):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@asynccontextmanager
async def running(server: uvicorn.Server, listener: socket.socket) -> AsyncIterator[None]:
    task = asyncio.create_task(server.serve(sockets=[listener]))
    async with asyncio.timeout(20):
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it by a flag only
            await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await task

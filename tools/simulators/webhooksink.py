"""A merchant's webhook receiver: checks Standard Webhooks signatures, keeps what came, fails now and then."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.settings import CommonSettings
from tools.simulators.deliveries import Deliveries, Delivery
from tools.simulators.deliveries_api import delivery_routes, wanted_page
from tools.simulators.faults import WebhookFaults
from tools.simulators.pages import page
from tools.simulators.problem import problem
from tools.simulators.server import application, faults_from, serve

NEVER_SECONDS = 120


class WebhookSinkSettings(CommonSettings):
    webhook_faults: WebhookFaults = WebhookFaults()


def receivers(secrets_file: Path) -> Mapping[str, Webhook]:
    """Receiver name → its verifier, from webhooks.json."""
    return {name: Webhook(entry["secret"]) for name, entry in json.loads(secrets_file.read_text()).items()}


class WebhookSink:
    def __init__(self, settings: WebhookSinkSettings, now: Callable[[], datetime]) -> None:
        self.receivers = receivers(settings.secrets_dir / "webhooks.json")
        self.deliveries = Deliveries(settings.state_dir / "webhooks.sqlite")
        self.faults = settings.webhook_faults
        self.now = now
        self.attempts = 0
        self.refused = 0

    async def receive(self, request: Request) -> Response:
        receiver = request.path_params["receiver"]
        body = await request.body()
        delivery = self._verified(receiver, body, dict(request.headers))
        self.attempts += 1
        fault = self.faults.drawn(delivery.message_id, str(self.attempts))
        if fault == "server_error":
            return problem(500, "Internal error")
        if fault == "too_many":
            return problem(429, "Too many requests", headers={"Retry-After": "1"})
        if fault == "slow":
            await asyncio.sleep(self.faults.slow_milliseconds / 1000)
        await self.deliveries.keep(delivery)
        if fault == "timeout_after_store":
            await asyncio.sleep(NEVER_SECONDS)
        return Response(status_code=204)

    def _verified(self, receiver: str, body: bytes, headers: dict[str, str]) -> Delivery:
        if receiver not in self.receivers:
            raise HTTPException(404, "No such receiver")
        try:
            content = self.receivers[receiver].verify(body, headers)
        except (WebhookVerificationError, ValueError) as wrong:
            self.refused += 1
            raise HTTPException(401, f"Signature not accepted: {wrong}") from wrong
        kind = content.get("type", "") if isinstance(content, dict) else ""
        return Delivery(self.now(), headers["webhook-id"], "", receiver, str(kind), body)

    def totals(self) -> dict[str, int]:
        return {**self.deliveries.stats(), "refused": self.refused}

    async def stats(self, _: Request) -> Response:
        return JSONResponse(self.totals())

    async def change_faults(self, request: Request) -> Response:
        self.faults = await faults_from(request, WebhookFaults)
        return Response(status_code=204)

    async def overview(self, request: Request) -> Response:
        found, following = wanted_page(self.deliveries, request)
        return page(request, "webhooks.html", webhooks=found, following=following, stats=self.totals())


def create_app(settings: WebhookSinkSettings) -> Starlette:
    sink = WebhookSink(settings, settings.clock.now)
    return application(
        [
            Route("/", sink.overview),
            Route("/hooks/{receiver}", sink.receive, methods=["POST"]),
            *delivery_routes(sink.deliveries, "webhooks", "application/json"),
            Route("/api/stats", sink.stats),
            Route("/api/faults", sink.change_faults, methods=["PUT"]),
        ]
    )


if __name__ == "__main__":
    settings = WebhookSinkSettings()
    serve(create_app(settings), settings)

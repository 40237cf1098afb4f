"""Joins the calls to a running intake: their group, their deadlines, their collection, and Asterisk's manager."""

import asyncio
from datetime import UTC, datetime
from hashlib import sha256

import structlog

from services.intake.ami_reader import AmiReader, Manager
from services.intake.calls.deadlines import CallDeadlines
from services.intake.calls.handlers import CallHandler
from services.intake.calls.rules import call_rules
from services.intake.calls.store import CallStore
from services.intake.credentials import Credentials
from services.intake.delivery import Delivery, Rejected
from services.intake.gateways import Gateway, Gateways, Kind
from services.intake.handlers import Reception
from services.intake.settings import Settings
from shared.contracts.topics import CALL_STAGES
from shared.security.webhooks import sign
from shared.service import Runtime

log = structlog.get_logger()

GROUP = "intake-calls"
ROUND_S = 1.0


class AsteriskUnconfigured(Exception):
    """ASTERISK_HOST is set without a user, a secret file, or a gateway of kind asterisk in gateways.yaml."""


def join_calls(runtime: Runtime, settings: Settings) -> None:
    """Raises `lined_yaml.RuleFileError` where calls.yaml is wrong."""
    rules = call_rules()
    store = CallStore(runtime.database, rules, settings.call_days)
    deadlines = CallDeadlines(store, rules, runtime.clock, runtime.database, runtime.outbox)
    runtime.on_start(store.create_indexes)
    runtime.consume(CALL_STAGES, group=GROUP, handler=CallHandler(store, rules, runtime.clock.now))
    runtime.every("call-deadlines", ROUND_S, deadlines.run)


def listen_to_asterisk(
    runtime: Runtime, settings: Settings, gateways: Gateways, secrets: Credentials, reception: Reception
) -> None:
    """Where ASTERISK_HOST is set: one process of the service listens to that manager."""
    if not settings.asterisk_host:
        return
    gateway = next((g for g in gateways.gateways if g.kind is Kind.ASTERISK), None)
    if gateway is None or settings.asterisk_secret_file is None or not settings.asterisk_username:
        raise AsteriskUnconfigured(AsteriskUnconfigured.__doc__)
    manager = Manager(
        settings.asterisk_host,
        settings.asterisk_port,
        settings.asterisk_username,
        settings.asterisk_secret_file.read_text("utf-8").strip(),
    )
    relay = AsteriskRelay(runtime, gateway, secrets.of(gateway).secrets[0], reception)
    runtime.every("asterisk", ROUND_S, AmiReader(manager, relay.hand_in).run)


class AsteriskRelay:
    """Signs what the manager says as any relay does, so that both come by the same way."""

    def __init__(self, runtime: Runtime, gateway: Gateway, secret: str, reception: Reception) -> None:
        self._clock = runtime.clock
        self._gateway = gateway
        self._secret = secret
        self._reception = reception

    async def hand_in(self, block: bytes) -> None:
        """Returns once Kafka has the block, or it was refused for good; tries again while there is no room."""
        while True:
            try:
                await self._reception.receive(self._delivery(block))
            except Rejected as refusal:
                if refusal.retry_after_s is None:
                    log.warning("asterisk_event_refused", reason=refusal.reason.slug, detail=str(refusal))
                    return
                await asyncio.sleep(refusal.retry_after_s)
            else:
                return

    def _delivery(self, block: bytes) -> Delivery:
        arrived = datetime.now(UTC)
        proof = sign(self._secret, sha256(block).hexdigest(), arrived, block)
        return Delivery(
            gateway=self._gateway,
            headers={"content-type": "text/plain", **proof},
            body=block,
            received_at=self._clock.now(),
            arrived_at=arrived,
        )

"""Taking in one delivery: room, signature, rate, normalised events, and Kafka's acknowledgement before any yes."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import structlog

from services.intake.adapters.registry import ADAPTERS
from services.intake.admission import Admission
from services.intake.credentials import Credentials
from services.intake.delivery import Accepted, Adapter, Answer, Delivery, FieldError, Reason, Rejected, ToKeep, Verified
from services.intake.handbook.shelf import Shelf
from services.intake.indicators import Indicators
from services.intake.objects.faults import ObjectFault, StoreUnavailable
from services.intake.objects.store import ObjectStore
from shared.messaging.publisher import Publisher, PublishFailed
from shared.security.identity import IdentityKey
from shared.tracing import UNTRACED, Tracing, trace_id_of

log = structlog.get_logger()

HEAVY_BYTES = 200_000
"""From here on parsing would keep the event loop waiting for tens of milliseconds: a thread does it."""


class Reception:
    """What HTTP and SMTP have in common."""

    def __init__(
        self,
        credentials: Credentials,
        identity: IdentityKey,
        admission: Admission,
        publisher: Publisher,
        indicators: Indicators,
        tracing: Tracing = UNTRACED,
        objects: ObjectStore | None = None,
        handbook: Shelf | None = None,
    ) -> None:
        self.admission = admission
        self._credentials = credentials
        self._identity = identity
        self._publisher = publisher
        self._indicators = indicators
        self._tracing = tracing
        self._objects = objects
        self._handbook = handbook or Shelf()

    async def receive(self, delivery: Delivery) -> Accepted:
        """Returns once Kafka has acknowledged every message of the delivery (acks=all). Raises `Rejected`."""
        started, gateway = time.time(), delivery.gateway
        given = delivery.headers.get("traceparent")
        begun = self._tracing.begin(given)
        try:
            accepted = await self._normalised(replace(delivery, begun=begun, handbook=self._handbook))
            await self._keep(accepted.files)
            await self._publish(accepted)
        except Rejected as refusal:
            self._indicators.delivered(gateway.name, refusal.reason.slug)
            log.info("delivery_refused", gateway=gateway.name, reason=refusal.reason.slug, trace_id=trace_id_of(begun))
            self._tracing.entered(f"intake {gateway.name}", given, begun, started, refusal.reason.slug)
            raise
        self._count(delivery, accepted)
        self._indicators.took(gateway.name, max(0.0, time.time() - started))
        self._tracing.entered(f"intake {gateway.name}", given, begun, started)
        return accepted

    def greet(self, delivery: Delivery) -> Answer:
        """The answer to a platform that asks whether the address is ours. Raises `Rejected`."""
        greet = ADAPTERS[delivery.gateway.kind].greet
        assert greet is not None
        self.admission.count(delivery.gateway)
        return greet(delivery, self._credentials)

    async def _normalised(self, delivery: Delivery) -> Accepted:
        adapter = ADAPTERS[delivery.gateway.kind]
        if len(delivery.body) > HEAVY_BYTES:
            verified = await asyncio.to_thread(adapter.verify, delivery, self._credentials)
            self.admission.count(delivery.gateway)
            return await asyncio.to_thread(self._normalise, adapter, delivery, verified)
        verified = adapter.verify(delivery, self._credentials)
        self.admission.count(delivery.gateway)
        return self._normalise(adapter, delivery, verified)

    def _normalise(self, adapter: Adapter, delivery: Delivery, verified: Verified) -> Accepted:
        return adapter.normalise(delivery, verified, self._identity)

    async def _keep(self, files: Sequence[ToKeep]) -> None:
        """Before the events that name them; what is stored in vain goes when its days are over. Raises `Rejected`."""
        for file in files:
            assert self._objects is not None, "who takes files has an object store"
            try:
                kept = await self._objects.put(file.content, declared_type=file.content_type)
            except StoreUnavailable as error:
                log.warning("object_store_unavailable", error=str(error))
                raise self.admission.overloaded(str(error)) from error
            except ObjectFault as fault:
                errors = [FieldError(file.pointer, str(fault))] if file.pointer else []
                raise Rejected(Reason.INVALID, "a file can't be taken" if errors else str(fault), errors) from fault
            self._indicators.objects.labels("stored" if kept.fresh else "known").inc()

    async def _publish(self, accepted: Accepted) -> None:
        try:
            await self._publisher.publish(accepted.messages)
        except PublishFailed as error:
            log.warning("publish_failed", error=str(error))
            raise self.admission.overloaded("Kafka did not acknowledge") from error

    def _count(self, delivery: Delivery, accepted: Accepted) -> None:
        gateway = delivery.gateway.name
        outcome = "suppressed" if accepted.suppressed else "accepted"
        self._indicators.delivered(gateway, outcome)
        if accepted.unknown_codes:
            self._indicators.unknown_codes.labels(gateway).inc(len(accepted.unknown_codes))
            log.warning("unknown_carrier_codes", gateway=gateway, codes=sorted(set(accepted.unknown_codes))[:10])
        if accepted.suppressed:
            self._indicators.suppressed.labels(gateway, accepted.suppressed.partition(" (")[0][:40]).inc()
            log.info("delivery_suppressed", gateway=gateway, interaction_id=accepted.id, because=accepted.suppressed)

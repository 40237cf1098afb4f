"""Files of contacts that a gateway publishes straight to Kafka: into the object store before the contact (IN-4).

Nobody waits for an answer, so a file that is not taken costs no contact: the contact says why, as it does of a mail's
file. While the store or the scanner is away the contact is parked, and no other waits behind it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from services.intake.adapters.files import Sent, attach, refused
from services.intake.gateways import Gateway
from services.intake.indicators import Indicators
from services.intake.objects.faults import ObjectFault, StoreUnavailable
from services.intake.objects.rules import ObjectRules
from services.intake.objects.store import ObjectStore
from services.intake.stream import archived, contact_message, files_of
from shared.contracts.interactions import Attachment
from shared.messaging.handler import Session
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.outcome import Done, Outcome, Retry
from shared.messaging.publisher import PublishFailed
from shared.messaging.retry import RetryPolicy
from shared.security.identity import IdentityKey
from shared.tracing import trace_id_of

log = structlog.get_logger()

GROUP = "intake-contact-files"
AT_ONCE = 16
LONGEST_S = 20.0
"""For the files of one contact; what takes longer is parked, so that a silent scanner does not hold up the batch."""
POLICY = RetryPolicy(first_s=1.0, longest_s=60.0, max_attempts=1500)
"""About a day: then it is a dead letter, whose reason says what was away."""

Kept = tuple[Attachment, ...] | Retry
Publish = Callable[[Sequence[Outgoing]], Awaitable[None]]


class ContactFiles:
    """`perform` stores before the transaction; the handler that it returns tells of the contact that names the files.

    The store names a file by its content: stored again (a crash before the commit, two owners of a partition) it is
    one object, and its contact has one id. The original, with the files in it, goes to the archive by `perform` too:
    the inbox, which keeps what the handler tells, would be full of files.
    """

    def __init__(
        self,
        gateway: Gateway,
        identity: IdentityKey,
        store: ObjectStore,
        rules: ObjectRules,
        indicators: Indicators,
        now: Callable[[], datetime],
        publish: Publish,
    ) -> None:
        self._gateway = gateway
        self._identity = identity
        self._store = store
        self._rules = rules
        self._indicators = indicators
        self._now = now
        self._publish = publish
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def perform(self, batch: Sequence[Incoming[Any]]) -> "FiledContacts":
        kept = await asyncio.gather(*(self._keep(incoming) for incoming in batch))
        by_id = {incoming.id: files for incoming, files in zip(batch, kept, strict=True)}
        return FiledContacts(by_id, self._gateway, self._identity, self._now)

    async def _keep(self, incoming: Incoming[Any]) -> Kept:
        try:
            async with self._turns, asyncio.timeout(LONGEST_S):
                files = enumerate(files_of(incoming.event))
                kept = tuple([await self._kept(file.sent(part), incoming) for part, file in files])
                await self._publish(archived(incoming, self._gateway, self._now()))
                return kept
        except (StoreUnavailable, PublishFailed) as error:
            return Retry(str(error))
        except TimeoutError:
            return Retry(f"its files were not stored within {LONGEST_S:.0f} s")

    async def _kept(self, sent: Sent, incoming: Incoming[Any]) -> Attachment:
        """Raises `StoreUnavailable`."""
        try:
            attachment, file = attach(sent, self._rules)
            stored = await self._store.put(file.content, declared_type=file.content_type)
        except StoreUnavailable:
            raise
        except ObjectFault as fault:
            told = refused(sent, incoming.id, fault)
            self._indicators.objects.labels("refused").inc()
            said = {"gateway": self._gateway.name, "ref": told.ref, "trace_id": trace_id_of(incoming.traceparent)}
            log.warning("file_refused", reason=told.refused, **said)
            return told
        self._indicators.objects.labels("stored" if stored.fresh else "known").inc()
        return attachment


class FiledContacts:
    """The handler for one batch whose files are stored, or could not be for now."""

    def __init__(
        self, kept: Mapping[str, Kept], gateway: Gateway, identity: IdentityKey, now: Callable[[], datetime]
    ) -> None:
        self._kept = kept
        self._gateway = gateway
        self._identity = identity
        self._now = now

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        return contact_of(incoming)

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> Sequence[Outcome]:
        now = self._now()
        return [self._outcome(incoming, self._kept[incoming.id], now) for incoming in batch]

    def _outcome(self, incoming: Incoming[Any], kept: Kept, now: datetime) -> Outcome:
        if isinstance(kept, Retry):
            return kept
        return Done((contact_message(incoming, self._gateway, self._identity, now, kept),))


def contact_of(incoming: Incoming[Any]) -> str:
    """The aggregate of a contact is itself: no other waits behind it."""
    return incoming.id

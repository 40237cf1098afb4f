"""Sends notices to merchants and partners as signed webhooks (Standard Webhooks, NO-2)."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from services.notify.delivery import Delayed, Delivery, Refused, Sent
from shared.contracts.notices import NoticeRequested
from shared.http_client import HttpClient, HttpFailure
from shared.security.webhooks import sign

AT_ONCE = 16
"""Posts to one receiver side by side: the others wait here, with no time running, and leave connections to others."""
PASSING = frozenset({408, 409, 425, 429})
"""Client errors that may pass; every other 4xx is final."""


@dataclass(frozen=True, slots=True)
class Receiver:
    url: str
    secret: str = field(repr=False)


def load_receivers(secrets_dir: Path, base_url: str) -> dict[str, Receiver]:
    """{secrets_dir}/webhooks.json: {name: {"secret": "whsec_…", "url": optional}}; default URL {base_url}/hooks/{name}.

    Raises `ValueError` where an entry has no secret.
    """
    path = secrets_dir / "webhooks.json"
    entries: dict[str, Any] = orjson.loads(path.read_bytes()) if path.exists() else {}
    receivers = {}
    for name, entry in entries.items():
        if not entry.get("secret"):
            raise ValueError(f"webhooks.json: {name}: secret is missing")
        receivers[name] = Receiver(entry.get("url") or f"{base_url.rstrip('/')}/hooks/{name}", entry["secret"])
    return receivers


class WebhookSender:
    """Posts to a receiver by its name; the receiver drops a repeat by its webhook-id."""

    def __init__(
        self,
        receivers: Mapping[str, Receiver],
        client: HttpClient,
        now: Callable[[], datetime],
        real_now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._receivers = receivers
        self._client = client
        self._now = now
        self._real_now = real_now
        self._turns = {name: asyncio.Semaphore(AT_ONCE) for name in receivers}

    async def deliver(self, notice: NoticeRequested) -> Delivery:
        return await self.post(notice.address.reveal(), notice.notice_id, payload(notice))

    async def post(self, name: str, message_id: str, body: bytes) -> Delivery:
        """To the receiver of that name; `message_id` is the webhook-id, the same for every try."""
        receiver = self._receivers.get(name)
        if receiver is None:
            return Refused(self._now(), "webhook: no such receiver")
        async with self._turns[name]:
            # Receivers check the timestamp against their own clock: real time even where business time runs fast.
            headers = sign(receiver.secret, message_id, self._real_now(), body)
            try:
                answer = await self._client.request(
                    "POST", receiver.url, body=body, headers={**headers, "content-type": "application/json"}
                )
            except HttpFailure as failure:
                return Delayed(f"webhook: {failure.reason}")
        return self._judge(answer.status)

    def _judge(self, status: int) -> Delivery:
        if 200 <= status < 300:
            return Sent(self._now())
        if status in PASSING or status >= 500:
            return Delayed(f"webhook: {status}")
        return Refused(self._now(), f"webhook: {status}")


def payload(notice: NoticeRequested) -> bytes:
    """The same bytes for every try of a notice."""
    return orjson.dumps(
        {
            "type": f"notice.{notice.kind}",
            "timestamp": notice.caused_at.isoformat(),
            "data": {
                "notice_id": notice.notice_id,
                "kind": notice.kind,
                "case_id": notice.case_id,
                "case_number": notice.case_number,
                "language": notice.language,
                "subject": notice.subject.reveal(),
                "text": notice.text.reveal(),
            },
        }
    )

"""What the tests of intake begin with: gateways, secrets, a moment, and signed deliveries."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson

from services.intake import gateways
from services.intake.adapters.registry import ADAPTERS
from services.intake.credentials import Credentials, GatewaySecrets
from services.intake.delivery import Accepted, Delivery
from services.intake.extraction import find
from services.intake.gateways import Gateway
from shared.contracts.base import Contract
from shared.contracts.interactions import FindingKind, Interaction
from shared.contracts.media import MediaKind
from shared.messaging.message import Outgoing
from shared.security.identity import IdentityKey
from shared.security.webhooks import sign

C = TypeVar("C", bound=Contract)

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
REAL = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtMDE="
OLD_SECRET = "whsec_" + "b2xkZXItb2xkZXItb2xkZXItb2xkLTAx"
SALT = "salt-of-the-subscription"
CHECK_WORD = "check-word-of-sf"
HMAC_SECRET = "sécret-of-a-vendor"
IDENTITY = IdentityKey(b"a key that only the tests know")
GATEWAYS = {g.name: g for g in gateways.load().gateways}
CREDENTIALS = Credentials(
    {name: GatewaySecrets(secrets=(SECRET, OLD_SECRET)) for name in ("web", "phone", "carrier", "shop")}
    | {"kuaidi100": GatewaySecrets(salt=SALT), "iftsta": GatewaySecrets(secrets=(SECRET,))}
    | {"sf": GatewaySecrets(check_word=CHECK_WORD)}
    | {name: GatewaySecrets(hmac_secret=HMAC_SECRET) for name in ("easypost", "aftership", "shopify")}
)
SHARED_DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def values(text: str, kind: FindingKind) -> list[str]:
    """What is found of a kind in a text that is written now, in the text's order."""
    return [mark.value for mark in find(text, NOW) if mark.kind is kind]


def json_delivery(
    gateway: str,
    body: Any,
    *,
    webhook_id: str = "msg_1",
    secret: str = SECRET,
    signed_at: datetime = REAL,
    headers: Mapping[str, str] | None = None,
) -> Delivery:
    """A signed webhook; `body` is dumped unless it is bytes already."""
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return Delivery(
        gateway=GATEWAYS[gateway],
        headers={
            "content-type": "application/json",
            **sign(secret, webhook_id, signed_at, content),
            **(headers or {}),
        },
        body=content,
        received_at=NOW,
        arrived_at=REAL,
    )


def mail_delivery(body: bytes, return_path: str = "li@mail.example", gateway: Gateway = GATEWAYS["mail"]) -> Delivery:
    return Delivery(gateway, {"content-type": "message/rfc822"}, body, NOW, REAL, return_path)


def accept(delivery: Delivery) -> Accepted:
    """Verify and normalise, as the reception does."""
    adapter = ADAPTERS[delivery.gateway.kind]
    return adapter.normalise(delivery, adapter.verify(delivery, CREDENTIALS), IDENTITY)


def of_topic(accepted: Accepted, topic: str) -> list[Outgoing]:
    return [m for m in accepted.messages if m.topic == topic]


def read(message: Outgoing, model: type[C]) -> C:
    return model.model_validate_json(message.value)


def recordings_of(contact: Interaction) -> list[str]:
    """The addresses of a contact's recordings, to which its call refers by their names."""
    assert contact.call is not None
    assert {m.ref for m in contact.media} <= {contact.call.recording_ref, *contact.call.recording_refs}
    return [m.url.reveal() for m in contact.media if m.kind is MediaKind.RECORDING and m.url]

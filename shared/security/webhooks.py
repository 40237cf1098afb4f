"""Standard Webhooks signatures, with several secrets at once so that a key can be rotated."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

SECRET_PREFIX = "whsec_"  # noqa: S105 the marker in front of a secret, not one


class SignatureInvalid(Exception):
    """The signature, its time or its headers are not right; the message says which, and holds no secret."""


def sign(secret: str, webhook_id: str, timestamp: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a signed webhook."""
    seconds = str(int(timestamp.timestamp()))
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{_signature(secret, webhook_id, seconds, body)}",
    }


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, tolerance_s: int = 300
) -> str:
    """The webhook-id of a body signed with one of `secrets` within `tolerance_s` of `now`.

    `headers` are looked up in lower case. Raises `SignatureInvalid`.
    """
    webhook_id, seconds, signatures = (
        headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    )
    if not (webhook_id and seconds and signatures) or len(webhook_id) > 256:
        raise SignatureInvalid("webhook-id, webhook-timestamp and webhook-signature are needed")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 12):
        raise SignatureInvalid("webhook-timestamp is not in Unix seconds")
    if abs(now - datetime.fromtimestamp(int(seconds), UTC)).total_seconds() > tolerance_s:
        raise SignatureInvalid(f"webhook-timestamp is more than {tolerance_s} s away")
    given = [s.partition(",")[2].encode() for s in signatures.split() if s.startswith("v1,")]
    for secret in secrets:
        expected = _signature(secret, webhook_id, seconds, body).encode()
        if any(hmac.compare_digest(expected, signature) for signature in given):
            return webhook_id
    raise SignatureInvalid("webhook-signature does not match")


def _signature(secret: str, webhook_id: str, seconds: str, body: bytes) -> str:
    signed = b".".join([webhook_id.encode(), seconds.encode(), body])
    return base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


@lru_cache(maxsize=256)
def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a webhook secret must be base64 (with or without whsec_)") from error

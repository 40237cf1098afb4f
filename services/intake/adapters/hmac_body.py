"""HMAC-SHA256 in a header, as EasyPost, AfterShip, Shopify and TrackingMore sign: in hex or in base64."""

import base64
import hmac
from typing import Literal

from services.intake.credentials import Credentials
from services.intake.delivery import Delivery, Reason, Rejected

Encoding = Literal["hex", "base64"]


def hmac_matches(secret: str, signed: bytes, given: str, encoding: Encoding) -> bool:
    digest = hmac.digest(secret.encode(), signed, "sha256")
    expected = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))


def require_hmac(delivery: Delivery, secret: str | None, header: str, encoding: Encoding, prefix: str = "") -> None:
    """Raises `Rejected` (401) unless `header` holds `prefix` and the HMAC of the body.

    None of these senders signs a time: an old delivery, sent again, has the ids that it had, and changes nothing.
    """
    given = delivery.headers.get(header, "")
    if not given:
        raise Rejected(Reason.SIGNATURE, f"header {header} is needed")
    if not (secret and given.startswith(prefix)):
        raise Rejected(Reason.SIGNATURE, f"{header} does not match")
    if not hmac_matches(secret, delivery.body, given.removeprefix(prefix), encoding):
        raise Rejected(Reason.SIGNATURE, f"{header} does not match")


def secret_of(delivery: Delivery, credentials: Credentials) -> str | None:
    return credentials.of(delivery.gateway).hmac_secret

"""Short-lived links to a stored file, for stores that sign none themselves: HMAC over digest, name and expiry."""

import base64
import hmac
from datetime import UTC, datetime
from urllib.parse import urlencode

PATH = "/v1/objects"


class LinkKey:
    """The same key in every intake process."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def link(self, sha256: str, until: datetime) -> str:
        """The path and query under which the file can be fetched until then."""
        expires = int(until.timestamp())
        query = {"expires": str(expires), "signature": self._signature(sha256, expires)}
        return f"{PATH}/{sha256}/content?{urlencode(query)}"

    def holds(self, sha256: str, expires: str, signature: str, now: datetime) -> bool:
        """Whether the link is ours, and still good."""
        if not (expires.isascii() and expires.isdecimal() and len(expires) <= 12 and signature.isascii()):
            return False
        mine = self._signature(sha256, int(expires))
        return hmac.compare_digest(mine, signature) and now < datetime.fromtimestamp(int(expires), UTC)

    def _signature(self, sha256: str, expires: int) -> str:
        digest = hmac.digest(self._key, f"object/{sha256}/{expires}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

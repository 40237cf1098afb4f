"""Opaque customer ids: a keyed hash of a handle, so that no key, id or label shows a phone number (IN-5)."""

import hmac
from pathlib import Path

KEY_FILE = "identity.key"


class IdentityKey:
    """The same key in every intake process; without it an id can't be traced back by trying numbers."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError(f"{KEY_FILE} must hold at least 16 bytes")
        self._key = key
        self._begun = hmac.new(key, digestmod="sha256")

    @staticmethod
    def load(secrets_dir: Path) -> "IdentityKey":
        """Raises `FileNotFoundError` where the secret is missing."""
        return IdentityKey((secrets_dir / KEY_FILE).read_bytes().strip())

    def derived(self, purpose: str) -> bytes:
        """A key of its own for another purpose, so that one secret file is enough."""
        return hmac.digest(self._key, f"derived/{purpose}".encode(), "sha256")

    def customer_id(self, *, phone_e164: str | None = None, email: str | None = None, openid: str | None = None) -> str:
        """Phone before mail before openid; raises `ValueError` where there is none."""
        if phone_e164:
            handle = f"tel:{phone_e164}"
        elif email:
            handle = f"mailto:{email.strip().lower()}"
        elif openid:
            handle = f"openid:{openid}"
        else:
            raise ValueError("a customer needs a phone number, a mail address or an openid")
        # A copy of what the key alone makes: `hmac.digest` works that out anew, in twice the time.
        hashed = self._begun.copy()
        hashed.update(handle.encode())
        digest = bytearray(hashed.digest()[:16])
        # UUID version 8 (RFC 9562) by hand: Python 3.11's UUID takes versions up to 5 only.
        digest[6] = digest[6] & 0x0F | 0x80
        digest[8] = digest[8] & 0x3F | 0x80
        digits = digest.hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

"""SF's digest (数字签名): base64(MD5(content + timestamp + check word)), and where a push may carry it."""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from urllib.parse import quote_plus

from services.intake.delivery import Delivery, Reason, Rejected

MAX_GIVEN = 200
_JAVA_SAFE = "*-._"
"""What Java's URLEncoder leaves alone, which SF's own kits call."""


def digests(content: str, timestamp: str, check_word: str) -> Iterator[str]:
    """SF's documents encode the text as a URL before they hash it; kits exist that do not."""
    text = content + timestamp + check_word
    for signed in (quote_plus(text, safe=_JAVA_SAFE).replace("~", "%7E"), text):
        # MD5 is what the sender uses; the check word is the secret.
        yield base64.b64encode(hashlib.md5(signed.encode()).digest()).decode()  # noqa: S324


def require_signed(delivery: Delivery, fields: Mapping[str, str], content: str, check_word: str | None) -> None:
    """msgDigest and timestamp are looked for in the form, the address and the headers. Raises `Rejected` (401)."""
    given, timestamp = _given(delivery, fields, "msgDigest"), _given(delivery, fields, "timestamp")
    if not (given and timestamp):
        raise Rejected(Reason.SIGNATURE, "msgDigest and timestamp are needed: in the form, the address or the headers")
    expected = digests(content, timestamp, check_word or "")
    marks = [hmac.compare_digest(e.encode(), given.encode("utf-8", "surrogatepass")) for e in expected]
    if not check_word or not any(marks):
        raise Rejected(Reason.SIGNATURE, "msgDigest does not match")


def _given(delivery: Delivery, fields: Mapping[str, str], name: str) -> str:
    found = fields.get(name) or delivery.query.get(name) or delivery.headers.get(name.lower()) or ""
    return found if len(found) <= MAX_GIVEN else ""

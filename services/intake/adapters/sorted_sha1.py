"""The signature of WeChat, WeCom and Weibo: SHA-1 over the sorted secret, timestamp and nonce (and ciphertext)."""

import hashlib
import hmac
import re
from datetime import UTC, datetime

from services.intake.delivery import Answer, Delivery, Reason, Rejected

_TIMESTAMP = re.compile(r"[0-9]{1,13}", re.ASCII)
_MILLISECONDS = 10**11
"""From here on a timestamp counts milliseconds, as Weibo's do: in seconds it would be the year 5138."""
_ECHO = re.compile(r"[!-~]{1,1000}", re.ASCII)


def sorted_sha1(*parts: str) -> str:
    joined = "".join(sorted(parts)).encode("utf-8", "surrogatepass")
    # SHA-1 is what the platforms use; the token is the secret.
    return hashlib.sha1(joined).hexdigest()  # noqa: S324


def require_signed(delivery: Delivery, secret: str | None, name: str = "signature", ciphertext: str = "") -> None:
    """Raises `Rejected` (401) unless the parameter `name` signs timestamp, nonce and `ciphertext`, and is recent.

    Without a ciphertext the body is not signed at all: that is how these platforms are, and why they need TLS.
    """
    query = delivery.query
    given, timestamp, nonce = (query.get(n, "") for n in (name, "timestamp", "nonce"))
    if not (given and timestamp and nonce):
        raise Rejected(Reason.SIGNATURE, f"the address needs {name}, timestamp and nonce")
    parts = filter(None, (secret, timestamp, nonce, ciphertext))
    expected = sorted_sha1(*parts)
    if not secret or not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass")):
        raise Rejected(Reason.SIGNATURE, f"{name} does not match")
    _require_recent(delivery, timestamp)


def _require_recent(delivery: Delivery, timestamp: str) -> None:
    if not _TIMESTAMP.fullmatch(timestamp):
        raise Rejected(Reason.SIGNATURE, "timestamp is not in Unix seconds or milliseconds")
    number = int(timestamp)
    at = datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS else number, UTC)
    window = delivery.gateway.replay_window_s
    if abs((delivery.arrived_at - at).total_seconds()) > window:
        raise Rejected(Reason.SIGNATURE, f"timestamp is more than {window} s away")


def echo(delivery: Delivery) -> Answer:
    """The platform's word, sent back to show that the address is ours. Call `require_signed` before."""
    return Answer(echo_word(delivery).encode(), "text/plain")


def echo_word(delivery: Delivery) -> str:
    word = delivery.query.get("echostr", "")
    if not _ECHO.fullmatch(word):
        raise Rejected(Reason.MALFORMED, "the address needs echostr")
    return word

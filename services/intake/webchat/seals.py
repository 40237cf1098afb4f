"""What a browser holds for us, signed: its session and receipts of its files, nothing personal (IN-1)."""

import base64
import hmac
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

S = TypeVar("S", bound="Sealed")
MAX_LENGTH = 2000


class SealBroken(Exception):
    """The text is not one of ours, or is meant for something else: ask for a new one."""


class Sealed(BaseModel):
    """`gateway` it is for; `until` in Unix seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gateway: str
    visitor: str = Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")
    until: int

    def over(self, now: datetime) -> bool:
        return now.timestamp() >= self.until


class Session(Sealed):
    """A visitor on pages of one origin. `visitor` is a random handle and stays over renewals."""

    origin: str


class Receipt(Sealed):
    """A file that this visitor uploaded: only with it can a message name the file."""

    sha256: str
    size: int
    content_type: str


def seal(value: Sealed, secret: str) -> str:
    body = _text(value.model_dump_json().encode())
    return f"{body}.{_text(_signature(type(value), body, secret))}"


def opened(model: type[S], text: str, secret: str) -> S:
    """Says nothing of the expiry. Raises `SealBroken`."""
    body, _, signature = text.partition(".")
    expected = _text(_signature(model, body, secret))
    if len(text) > MAX_LENGTH or not hmac.compare_digest(signature.encode("utf-8", "surrogatepass"), expected.encode()):
        raise SealBroken("the signature is not valid")
    try:
        return model.model_validate_json(_bytes(body))
    except ValueError:
        raise SealBroken("not a text of ours") from None


def session_of(
    text: str, secret: str, gateway: str, origin: str, now: datetime, grace: timedelta = timedelta()
) -> Session:
    """The session of a request from `origin`; `grace`: how long after its end it can still be renewed.

    Raises `SealBroken`.
    """
    session = opened(Session, text, secret)
    if (session.gateway, session.origin) != (gateway, origin):
        raise SealBroken("the session belongs to another page")
    if session.over(now - grace):
        raise SealBroken("the session is over")
    return session


def receipt_of(text: str, secret: str, session: Session, now: datetime) -> Receipt:
    """Raises `SealBroken`."""
    receipt = opened(Receipt, text, secret)
    if (receipt.gateway, receipt.visitor) != (session.gateway, session.visitor):
        raise SealBroken("the receipt is another visitor's")
    if receipt.over(now):
        raise SealBroken("the receipt is over: upload the file again")
    return receipt


def _signature(kind: type[Sealed], body: str, secret: str) -> bytes:
    """The kind is signed, too, so that a receipt is never taken for a session."""
    return hmac.digest(secret.encode(), f"webchat/{kind.__name__}/{body}".encode("utf-8", "surrogatepass"), "sha256")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)

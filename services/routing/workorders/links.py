"""The link by which an owner without an account answers a work order: order, owner and end, signed (RO-9)."""

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from shared.contracts.work_orders import Owner, OwnerKind
from shared.security.link_key import link_key

_PURPOSE = b"parcelcare/work-order/1:"
LONGEST = 400


class BadLink(Exception):
    """Not signed by us, or cut short."""


class LinkExpired(Exception):
    """Was ours; its time is over."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a link allows: to act on this order as this department or partner, until then."""

    order_id: str
    owner: Owner
    until: datetime


@dataclass(frozen=True, slots=True)
class PartnerLinks:
    """Signs with the key of {secrets_dir}/partner.key."""

    public_url: str
    key: bytes = field(repr=False)

    @staticmethod
    def load(public_url: str, secrets_dir: Path) -> "PartnerLinks":
        """Raises what `link_key` raises."""
        return PartnerLinks(public_url.rstrip("/"), link_key(secrets_dir, "partner.key"))

    def token(self, grant: Grant) -> str:
        said = f"{grant.order_id}|{grant.owner.kind.value}/{grant.owner.name}|{int(grant.until.timestamp())}".encode()
        return f"{_text(said)}.{_text(self._mac(said))}"

    def page(self, grant: Grant) -> str:
        return f"{self.public_url}/partner/{self.token(grant)}"

    def read(self, token: str, now: datetime) -> Grant:
        """Raises `BadLink` or `LinkExpired`."""
        said, mac = _bytes(token)
        if not hmac.compare_digest(mac, self._mac(said)):
            raise BadLink
        order_id, owner, until = said.decode().split("|")
        grant = Grant(order_id, _owner(owner), datetime.fromtimestamp(int(until), UTC))
        if now >= grant.until:
            raise LinkExpired
        return grant

    def _mac(self, said: bytes) -> bytes:
        return hmac.digest(self.key, _PURPOSE + said, "sha256")[:16]


def _owner(said: str) -> Owner:
    """A bare name is a partner's: links were for partners alone before."""
    kind, slash, name = said.partition("/")
    return Owner(kind=OwnerKind(kind), name=name) if slash else Owner(kind=OwnerKind.PARTNER, name=said)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(token: str) -> tuple[bytes, bytes]:
    said, dot, mac = token.partition(".")
    if not dot or len(token) > LONGEST or not token.isascii():
        raise BadLink
    try:
        return _decoded(said), _decoded(mac)
    except (binascii.Error, ValueError) as error:
        raise BadLink from error


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)

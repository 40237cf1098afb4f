"""Who writes to us and how they can be reached."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Language, Word
from shared.contracts.personal import Personal


class Channel(Word):
    """Where a contact came in, or a notice goes out (渠道)."""

    PHONE = "phone"
    WEB = "web"
    EMAIL = "email"
    WECHAT = "wechat"
    WEIBO = "weibo"
    WEBHOOK = "webhook"
    SYSTEM = "system"


class ContactKind(Word):
    PHONE = "phone"
    EMAIL = "email"
    OPENID = "openid"
    WEBHOOK = "webhook"


class ContactPoint(Contract):
    """One way to reach a person: a phone in E.164, a mail address, an openid, a merchant's webhook name."""

    kind: ContactKind
    value: Personal


class Customer(Contract):
    """A customer (客户) as known when the event was written. `customer_id` is opaque: a keyed hash of a handle."""

    customer_id: str = Field(min_length=1, max_length=64)
    name: Personal | None = None
    contacts: tuple[ContactPoint, ...] = ()
    language: Language = "zh"
    tier: str = "standard"
    tier_by: Literal["contract", "volume"] | None = Field(
        None, description="why it is not standard: agreed (合同), or earned by parcels a month (件量); None: not known"
    )

    def reach(self, kind: ContactKind) -> str | None:
        """The first contact point of that kind, revealed, or None."""
        return next((c.value.reveal() for c in self.contacts if c.kind == kind), None)

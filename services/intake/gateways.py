"""Gateways as configuration: a new one is an entry in rules/gateways.yaml, never code."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.intake import lined_yaml
from services.intake.rate import Rate
from services.intake.webchat.widget import Widget
from shared.contracts.topics import GATEWAY_CONTACTS, GATEWAY_PARCELS

RULES = Path(__file__).parent / "rules"
MAX_BODY_BYTES = 16 * 1024 * 1024
MAX_MEDIA_BYTES = 100 * 1024 * 1024


class Kind(StrEnum):
    """What a gateway speaks; each has one adapter."""

    WEB = "web"
    WIDGET = "widget"
    PHONE = "phone"
    MAIL = "mail"
    CARRIER = "carrier"
    KUAIDI100 = "kuaidi100"
    SHOP = "shop"
    CONTACTS = "contacts"
    WECHAT = "wechat"
    WECOM = "wecom"
    WEIBO = "weibo"
    TWILIO = "twilio"
    AMAZON_CONNECT = "amazon-connect"
    ASTERISK = "asterisk"
    SF = "sf"
    EASYPOST = "easypost"
    AFTERSHIP = "aftership"
    IFTSTA = "iftsta"
    SHOPIFY = "shopify"


TOPIC_OF = {Kind.CONTACTS: GATEWAY_CONTACTS.name, Kind.CARRIER: GATEWAY_PARCELS.name}
NEEDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.WEB: ("secrets",),
    Kind.WIDGET: ("hmac_secret",),
    Kind.PHONE: ("secrets",),
    Kind.CARRIER: ("secrets",),
    Kind.SHOP: ("secrets",),
    Kind.IFTSTA: ("secrets",),
    Kind.AMAZON_CONNECT: ("secrets",),
    Kind.ASTERISK: ("secrets",),
    Kind.KUAIDI100: ("salt",),
    Kind.WECHAT: ("token", "app_id"),
    Kind.WECOM: ("token", "aes_key", "app_id"),
    Kind.WEIBO: ("app_secret",),
    Kind.TWILIO: ("auth_token",),
    Kind.SF: ("check_word",),
    Kind.EASYPOST: ("hmac_secret",),
    Kind.AFTERSHIP: ("hmac_secret",),
    Kind.SHOPIFY: ("hmac_secret",),
}
"""What a gateway of a kind proves itself with (by HTTP): the fields that its entry of gateways.json must have."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Domain = Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]{2,}$")]
MediaHost = Annotated[str, Field(pattern=r"^(\*\.)?([a-z0-9-]+\.)+[a-z][a-z0-9-]*$")]
Bucket = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
CHARSETS = (Kind.IFTSTA, Kind.ASTERISK)
"""Kinds whose text may come in another character set than UTF-8 without saying so."""


def _known_charset(name: str) -> str:
    """Read at the start, not with the first delivery."""
    try:
        "1".encode(name).decode(name)
    except (LookupError, UnicodeError):
        raise ValueError(f"{name} is no character set that Python knows; for Chinese use gb18030") from None
    return name


Charset = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{2,30}$"), AfterValidator(_known_charset)]
Mailbox = Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,64}$")]


class Gateway(_Entry):
    """One gateway. It comes in by exactly one of `path` (HTTP), `topic` (Kafka), `domains` (SMTP).

    `credentials` names its entry in gateways.json (default: its own name); `replay_window_s` is how old a signed
    delivery may be; `charset` is what it sends where it does not say so. `stages`: a call centre that reports each
    stage of a call by itself, not the whole call at its end.
    `mailboxes`: of a mail gateway, the names before the @ that exist (default: all).
    `address`: the path's whole address as its sender has it, where a proxy rewrites the path and the sender signs it
    (default: PUBLIC_URL and the path).
    `media_hosts`: from where the files that it names may be fetched (`*.` in front: all names below), `media_buckets`
    the same for S3; `media_own_network`: these hosts lie in our own network. `media_limit_bytes`: of one file.
    `widget`: of a chat widget, how it looks and who may embed it.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{1,31}$")
    kind: Kind
    path: str | None = Field(None, pattern=r"^/(gateways/[a-z0-9/-]+|web/[a-z0-9-]+)$")
    topic: str | None = None
    domains: tuple[Domain, ...] = ()
    mailboxes: tuple[Mailbox, ...] = ()
    body_limit_bytes: int = Field(1_048_576, ge=1024, le=MAX_BODY_BYTES)
    rate: Rate | None = None
    keep_raw: bool = True
    credentials: str | None = Field(None, pattern=r"^[a-z][a-z0-9-]{1,31}$")
    replay_window_s: int = Field(300, ge=10, le=86_400)
    charset: Charset | None = None
    stages: bool = False
    address: str | None = Field(None, pattern=r"^https?://[^/?#\s]+/[^?#\s]*$")
    media_hosts: tuple[MediaHost, ...] = ()
    media_buckets: tuple[Bucket, ...] = ()
    media_own_network: bool = False
    media_limit_bytes: int = Field(MAX_MEDIA_BYTES, ge=1024, le=1024 * 1024 * 1024)
    widget: Widget | None = None

    @property
    def entry(self) -> str:
        return self.credentials or self.name

    def marks(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """What no other gateway may have, each with the cell that it stands in."""
        yield ("name",), f"name {self.name}"
        if self.path:
            yield ("path",), self.path
        if self.topic:
            yield ("topic",), self.topic
        for number, domain in enumerate(self.domains):
            yield ("domains", number), domain

    @model_validator(mode="after")
    def _comes_in_one_way(self) -> Self:
        ways = [way for way in ("path", "topic", "domains") if getattr(self, way)]
        if len(ways) != 1:
            raise ValueError(f"gateway {self.name} needs exactly one of path, topic, domains; it has {ways or 'none'}")
        allowed = {Kind.MAIL: {"domains"}, Kind.CONTACTS: {"topic"}, Kind.CARRIER: {"path", "topic"}}
        if self.mailboxes and not self.domains:
            raise ValueError(f"gateway {self.name}: mailboxes is for kind mail only")
        if ways[0] not in allowed.get(self.kind, {"path"}):
            raise ValueError(f"gateway {self.name}: kind {self.kind} can't come in by {ways[0]}")
        if self.media_buckets and self.kind is not Kind.AMAZON_CONNECT:
            raise ValueError(f"gateway {self.name}: media_buckets is for kind amazon-connect only")
        if self.charset and self.kind not in CHARSETS:
            raise ValueError(f"gateway {self.name}: charset is for kinds {', '.join(CHARSETS)} only")
        if self.stages and self.kind is not Kind.PHONE:
            raise ValueError(f"gateway {self.name}: stages is for kind phone only")
        if self.address and not self.path:
            raise ValueError(f"gateway {self.name}: address is for gateways that have a path")
        if (self.kind is Kind.WIDGET) != (self.widget is not None):
            raise ValueError(f"gateway {self.name}: kind widget needs `widget`, and no other kind has one")
        if (self.kind is Kind.WIDGET) != (self.path or "").startswith("/web/"):
            raise ValueError(f"gateway {self.name}: /web/ is where kind widget comes in, and no other kind")
        if self.topic is not None and self.topic != TOPIC_OF[self.kind]:
            raise ValueError(f"gateway {self.name}: kind {self.kind} reads {TOPIC_OF[self.kind]}")
        return self


class Gateways(_Entry):
    """All gateways of an installation; names, paths, topics and domains are each used once."""

    gateways: tuple[Gateway, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        used: dict[str, str] = {}
        for place, g in enumerate(self.gateways):
            for cell, mark in g.marks():
                if mark in used:
                    message = f"{mark} stands twice, first at gateway {used[mark]}"
                    raise lined_yaml.fault_at(("gateways", place, *cell), message)
                used[mark] = g.name
        return self

    def by_path(self) -> dict[str, Gateway]:
        """Those that deliver; browsers come in by `widgets`."""
        return {g.path: g for g in self.gateways if g.path and g.kind is not Kind.WIDGET}

    def widgets(self) -> dict[str, Gateway]:
        return {g.path: g for g in self.gateways if g.path and g.kind is Kind.WIDGET}

    def by_topic(self) -> dict[str, Gateway]:
        return {g.topic: g for g in self.gateways if g.topic}

    def by_domain(self) -> dict[str, Gateway]:
        return {domain: g for g in self.gateways for domain in g.domains}

    def needs(self) -> dict[str, tuple[str, ...]]:
        """By entry of gateways.json: the fields that all gateways which come in by HTTP and share it need of it."""
        needed: dict[str, tuple[str, ...]] = {}
        for g in self.gateways:
            if g.path:
                needed[g.entry] = tuple(dict.fromkeys((*needed.get(g.entry, ()), *NEEDS[g.kind])))
        return needed


def load(file: Path = RULES / "gateways.yaml") -> Gateways:
    """Raises `lined_yaml.RuleFileError` with file and line."""
    return lined_yaml.load(file, Gateways)

"""What the tests of media begin with: the simulated platforms in this process, sources that ask them, a store."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from prometheus_client import CollectorRegistry

from services.intake.gateways import Gateway
from services.intake.indicators import Indicators
from services.intake.media.access_token import AccessToken
from services.intake.media.allowance import Allowance
from services.intake.media.download import MediaHttp
from services.intake.media.fetcher import Fetches, MediaFetcher, Pace, Place
from services.intake.media.naming import Named, platform_media
from services.intake.media.rules import media_rules
from services.intake.media.source import Source
from services.intake.media.wechat import TokenDesk, WechatSource
from services.intake.objects.kept import StoredObject
from shared.contracts.media import MEDIA_REQUESTED, MediaKind, MediaRequested, PlatformMedia
from shared.contracts.topics import MEDIA_REQUESTS
from shared.messaging.message import Incoming
from tests.unit.intake.given import GATEWAYS, NOW
from tools import secret_files
from tools.simulators.faults import MediaFaults
from tools.simulators.media_files import KeptFile
from tools.simulators.mediahost import MediaHost, MediaHostSettings, routes
from tools.simulators.server import application

HOST = "127.0.0.1:1"
BASE = f"http://{HOST}"
REAL = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
RULES = media_rules()
PICTURE = b"\xff\xd8\xff\xe0" + bytes(40_000)


@dataclass
class Platforms:
    """All of them, in this process: `client` is how they are reached."""

    host: MediaHost
    client: httpx.AsyncClient
    ticks: list[float] = field(default_factory=lambda: [1000.0])

    @property
    def http(self) -> MediaHttp:
        return MediaHttp(self.client, Allowance(simulator=HOST))

    def keep(self, name: str, content: bytes = PICTURE, kind: str = "image/jpeg") -> str:
        self.host.files[name] = KeptFile(content, kind)
        return name

    def fail(self, **faults: float) -> None:
        self.host.faults = MediaFaults(**faults)

    def secret(self, gateway: str, name: str) -> str:
        return str(self.host.entries[gateway][name])

    def wechat(self, secret: str = "") -> WechatSource:
        app = self.secret("wechat", "app_id"), secret or self.secret("wechat", "app_secret")
        desk = TokenDesk(self.client, BASE, *app, RULES)
        return WechatSource(BASE, self.http, AccessToken(desk.of_account, lambda: self.ticks[0]), RULES)


def platforms(directory: Path) -> Platforms:
    secret_files.ensure(directory)
    host = MediaHost(MediaHostSettings(secrets_dir=directory))
    transport = httpx.ASGITransport(application(routes(host)))
    return Platforms(host, httpx.AsyncClient(transport=transport, base_url=BASE))


@dataclass
class MemoryStore:
    """Counts what is put into it; `failing` is raised before anything is read, once each."""

    objects: dict[str, bytes] = field(default_factory=dict)
    puts: int = 0
    failing: list[Exception] = field(default_factory=list)

    async def put(self, chunks: AsyncIterator[bytes] | bytes, *, declared_type: str, limit_bytes: int) -> StoredObject:
        self.puts += 1
        if self.failing:
            raise self.failing.pop(0)
        content = chunks if isinstance(chunks, bytes) else b"".join([chunk async for chunk in chunks])
        digest = hashlib.sha256(content).hexdigest()
        self.objects[digest] = content
        return StoredObject(digest, len(content), declared_type)


def named(media_id: str | None = "m-1", url: str | None = None, kind: MediaKind = MediaKind.IMAGE) -> PlatformMedia:
    return platform_media(Named(kind, media_id, url), "wechat", "i-1")


def wish(media: PlatformMedia, gateway: str = "wechat", age: timedelta = timedelta()) -> Incoming[Any]:
    """A record of media-requests.v1 that was written so long ago."""
    event = MediaRequested(media=media, interaction_id="i-1", customer_id="c-1", gateway=gateway, named_at=NOW)
    written_ms = int((REAL - age).timestamp() * 1000)
    return Incoming(
        id=f"e/{media.ref}",
        type=MEDIA_REQUESTED,
        event=event,
        key="i-1",
        time=NOW,
        topic=MEDIA_REQUESTS.name,
        partition=0,
        offset=0,
        timestamp_ms=written_ms,
    )


def fetcher(
    source: Source,
    store: MemoryStore,
    gateway: Gateway = GATEWAYS["wechat"],
    pace: Pace = Pace(batch_s=5.0, file_s=5.0, at_once=4),
    real_now: Callable[[], datetime] = lambda: REAL,
) -> MediaFetcher:
    places = {gateway.name: Place(gateway, source)}
    return MediaFetcher(places, store, RULES, Indicators(CollectorRegistry()), lambda: NOW, real_now, pace)


async def outcomes(it: MediaFetcher, *batch: Incoming[Any]) -> Sequence[Any]:
    fetches: Fetches = await it.perform(batch)
    session: Any = None
    return await fetches(batch, session)

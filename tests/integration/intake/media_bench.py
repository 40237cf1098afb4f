"""WeChat's server and a host of recordings, an intake that fetches from them, and a routing whose cases wait for it."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import uvicorn

from demo.pictures import jpeg
from services.intake.adapters import wechat_xml
from services.intake.adapters.sorted_sha1 import sorted_sha1
from services.intake.gateways import RULES
from shared.contracts.cases import CaseChanged, MediaAdded, MediaMissing
from shared.contracts.interactions import MEDIA_FAILED, MEDIA_STORED, MediaFailed, MediaStored
from shared.contracts.topics import CASES, INTERACTIONS
from tests.integration import children
from tests.integration.intake.harness import Bench, Process
from tests.integration.polling import poll
from tools.simulators.faults import MediaFaults
from tools.simulators.media_files import KeptFile
from tools.simulators.mediahost import MediaHost, MediaHostSettings, routes
from tools.simulators.server import application
from tools.stack.ports import free_port

SITE = Path(__file__).parents[2] / "e2e" / "windows" / "site"
ROOT = Path(__file__).parents[3]
PICTURE = jpeg(1)


class Quiet(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """The test's process keeps its own."""


@dataclass
class MediaBench:
    bench: Bench
    port: int = field(default_factory=free_port)

    def open(self) -> None:
        file = self.bench.secrets / "gateways.json"
        secrets = json.loads(file.read_text())
        # The plain mode: what is encrypted is another test's.
        secrets["wechat"]["aes_key"] = None
        file.write_text(json.dumps(secrets))
        self.host = MediaHost(MediaHostSettings(secrets_dir=self.bench.secrets))
        self._server: Quiet | None = None

    async def platforms_up(self) -> None:
        app = application(routes(self.host))
        self._server = Quiet(uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="critical"))
        self._task = asyncio.create_task(self._server.serve())
        await poll(lambda: self._server and self._server.started, what="the platforms")

    async def platforms_down(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
            await self._task
            self._server = None

    def keep(self, name: str, content: bytes = PICTURE, kind: str = "image/jpeg") -> None:
        self.host.files[name] = KeptFile(content, kind)

    def fail(self, **faults: Any) -> None:
        self.host.faults = MediaFaults(**faults)

    async def intake(self, *, wait: bool = True, **environment: str) -> Process:
        rules = self.bench.directory / "media.yaml"
        text = (RULES / "media.yaml").read_text("utf-8")
        rules.write_text(text.replace("missing_patience_seconds: 600", "missing_patience_seconds: 2"), "utf-8")
        quick = {"MEDIA_RETRY_S": "0.3", "MEDIA_RETRY_LONGEST_S": "1", "MEDIA_FILE": str(rules)}
        simulator = {"MEDIA_SIMULATOR_URL": f"http://127.0.0.1:{self.port}"}
        return await self.bench.intake(wait=wait, **simulator, **quick, **environment)

    async def routing(self) -> None:
        """A routing on the same topics."""
        port, log = free_port(), self.bench.directory / "routing.log"
        own = {
            "KAFKA_BOOTSTRAP_SERVERS": self.bench.infra.kafka,
            "MONGO_URL": self.bench.infra.mongo_url,
            "SECRETS_DIR": str(self.bench.secrets),
            "STATE_DIR": str(self.bench.directory / "routing"),
            "HTTP_PORT": str(port),
            "INSTANCE": "routing-0",
            **self.bench.names.environment,
        }
        child = await children.start("services.routing", own, log)
        process = Process(child, f"http://127.0.0.1:{port}", log)
        self.bench.processes.append(process)
        await poll(process.ready, 90, what=f"{log} to be ready")

    async def wechat(self, process: Process, number: int, **fields: Any) -> httpx.Response:
        """A message of customer `number` in the plain mode."""
        message = {
            "ToUserName": "gh_1",
            "FromUserName": f"oCustomer{number}",
            "CreateTime": 1795334400 + number,
            "MsgId": str(1000 + number),
            **fields,
        }
        stamp, nonce = str(int(time.time())), "1"
        proof = {"timestamp": stamp, "nonce": nonce}
        token = self.bench.secrets_of("wechat")["token"]
        query = urlencode({"signature": sorted_sha1(token, stamp, nonce), **proof})
        url = f"{process.url}/gateways/wechat?{query}"
        return await self.bench.http.post(url, content=wechat_xml.write(message), headers={"content-type": "text/xml"})

    async def picture(self, process: Process, number: int, media_id: str) -> httpx.Response:
        return await self.wechat(process, number, MsgType="image", MediaId=media_id, PicUrl="")

    async def parked(self) -> list[Mapping[str, Any]]:
        collection = self.bench.mongo[self.bench.names.database("intake")]["parked_intake_media"]
        return list(await collection.find({}, {"reason": 1, "attempts": 1}).to_list(100))

    def objects(self, digest: str) -> list[bytes]:
        """What the store has under this digest."""
        return [file.read_bytes() for file in (self.bench.directory / "intake-0" / "objects").rglob(digest)]

    async def stored(self) -> list[MediaStored]:
        return [MediaStored.model_validate_json(value) for value in await self._told(MEDIA_STORED)]

    async def failed(self) -> list[MediaFailed]:
        return [MediaFailed.model_validate_json(value) for value in await self._told(MEDIA_FAILED)]

    async def _told(self, kind: str) -> list[bytes]:
        """By id, as readers see them."""
        found: dict[bytes, bytes] = {}
        for record in await self.bench.records(INTERACTIONS):
            headers = dict(record.headers)
            if headers["ce_type"] == kind.encode():
                found[headers["ce_id"]] = record.value or b""
        return list(found.values())

    async def changes(self) -> list[MediaAdded | MediaMissing]:
        """What cases say of files, each event once."""
        events = {dict(r.headers)["ce_id"]: r.value or b"" for r in await self.bench.records(CASES)}
        found = [CaseChanged.model_validate_json(value) for value in events.values()]
        return [c for event in found for c in event.changes if isinstance(c, MediaAdded | MediaMissing)]


async def until(what: Callable[[], Awaitable[list[Any]]], count: int, named: str, seconds: float = 30) -> list[Any]:
    async def enough() -> Any:
        found = await what()
        return found if len(found) >= count else None

    return list(await poll(enough, seconds, what=f"{count} {named}"))

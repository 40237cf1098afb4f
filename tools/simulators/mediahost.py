"""The servers where platforms keep the media that they only name: WeChat, WeCom, Weibo, Twilio, a call centre, S3.

PUT /files/{id} gives it a file, which each of them then knows by that id.
"""

import asyncio
import json
import secrets
import time
from base64 import b64decode
from binascii import Error as NotBase64
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from shared.settings import CommonSettings
from tools.simulators.faults import MediaFaults
from tools.simulators.media_files import KeptFile, Token, TokenBook
from tools.simulators.server import application, faults_from, serve

GONE, QUOTA, BUSY = 40007, 45009, -1
TEXT = "text/plain"


class MediaHostSettings(CommonSettings):
    media_faults: MediaFaults = MediaFaults()


class MediaHost:
    def __init__(self, settings: MediaHostSettings) -> None:
        self.entries: Mapping[str, Any] = known_secrets(settings.secrets_dir / "gateways.json")
        self.faults = settings.media_faults
        self.files: dict[str, KeptFile] = {}
        self.asked: Counter[str] = Counter()
        self.tokens = TokenBook(dict(self._pairs("app_id", "app_secret")), time.monotonic)

    def _pairs(self, name: str, secret: str) -> Iterable[tuple[str, str]]:
        """What may come in together: any gateway of the installation is a customer of these platforms."""
        return ((e[name], e[secret]) for e in self.entries.values() if e.get(name) and e.get(secret))

    # The platforms ---------------------------------------------------------------------------------------------

    async def stable_token(self, request: Request) -> Response:
        """获取稳定版接口调用凭据."""
        wish = await request.json()
        return self._granted(wish.get("appid", ""), wish.get("secret", ""), bool(wish.get("force_refresh")))

    async def corporate_token(self, request: Request) -> Response:
        """企业微信 gettoken."""
        return self._granted(request.query_params.get("corpid", ""), request.query_params.get("corpsecret", ""))

    def _granted(self, app_id: str, secret: str, force: bool = False) -> Response:
        found = self.tokens.ask(app_id, secret, force)
        if isinstance(found, Token):
            return JSONResponse({"access_token": found.value, "expires_in": int(found.until - time.monotonic())})
        return wrong(found)

    async def wechat(self, request: Request) -> Response:
        """获取临时素材: errors are JSON with 200, under the label of a plain text; a video of an official account comes
        as the address where it lies."""
        media_id = request.query_params.get("media_id", "")
        fault = self._fault(media_id)
        if fault == "expired_token":
            self.tokens.end_all()
        code = self.tokens.refusal(request.query_params.get("access_token", ""))
        if code is None and fault in ("quota", "busy"):
            code = QUOTA if fault == "quota" else BUSY
        if code is None and media_id not in self.files:
            code = GONE
        if code is not None:
            return wrong(code)
        if self.files[media_id].content_type == "video/mp4":
            address = request.url_for("recording", name=media_id)
            return Response(json.dumps({"video_url": str(address)}), media_type=TEXT)
        return await self._sent(media_id, fault, attached=True)

    async def weibo(self, request: Request) -> Response:
        if not request.query_params.get("access_token"):
            return JSONResponse({"error": "auth faild!", "error_code": 21301}, 401)
        return await self._sent(request.query_params.get("fid", ""), self._fault("weibo"))

    async def twilio_recording(self, request: Request) -> Response:
        if not self._logged_in(request):
            return Response(status_code=401, headers={"WWW-Authenticate": 'Basic realm="Twilio API"'})
        name = request.path_params["name"]
        return await self._sent(name.removesuffix(".mp3"), self._fault(name))

    async def twilio_media(self, request: Request) -> Response:
        """Of a message: at another address, where no login is wanted."""
        if not self._logged_in(request):
            return Response(status_code=401)
        return RedirectResponse(request.url_for("cdn", name=request.path_params["name"]), 307)

    async def cdn(self, request: Request) -> Response:
        return await self._sent(request.path_params["name"], None)

    async def recording(self, request: Request) -> Response:
        """A call centre's; where one of the gateways has a media_token, it is wanted."""
        tokens = [e["media_token"] for e in self.entries.values() if e.get("media_token")]
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        wanted = request.query_params.get("closed") is not None
        if wanted and not any(secrets.compare_digest(given.encode(), t.encode()) for t in tokens):
            return Response(status_code=401)
        name = request.path_params["name"]
        return await self._sent(name, self._fault(name))

    async def s3(self, request: Request) -> Response:
        if not request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
        name = request.path_params["key"].rpartition("/")[2]
        if name not in self.files:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404, media_type="application/xml")
        return await self._sent(name, self._fault(name))

    def _logged_in(self, request: Request) -> bool:
        try:
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            login = b64decode(given, validate=True).decode()
        except (NotBase64, UnicodeDecodeError):
            return False
        known = [f"{account}:{token}" for account, token in self._pairs("account_sid", "auth_token")]
        return scheme == "Basic" and request.path_params["account"] == login.partition(":")[0] and login in known

    def _fault(self, name: str) -> str | None:
        """Each attempt draws anew."""
        self.asked[name] += 1
        return self.faults.drawn(name, str(self.asked[name]))

    async def _sent(self, name: str, fault: str | None, attached: bool = False) -> Response:
        if fault == "server_error":
            return Response(status_code=502)
        if fault == "slow":
            await asyncio.sleep(self.faults.slow_milliseconds / 1000)
        kept = self.files.get(name)
        if kept is None:
            return Response(status_code=404)
        headers = {"Content-Length": str(len(kept.content)), "Last-Modified": "Thu, 26 Nov 2026 00:00:00 GMT"}
        headers["ETag"] = f'"{len(kept.content)}"'
        if attached:
            headers["Content-Disposition"] = f'attachment; filename="{name}"'
        sent = kept.content[: len(kept.content) // 2] if fault == "truncated" else kept.content
        return StreamingResponse(pieces(sent), 200, headers, media_type=kept.content_type)

    # What a test or a demonstration does ----------------------------------------------------------------------

    async def keep(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "application/octet-stream")
        self.files[request.path_params["name"]] = KeptFile(await request.body(), kind)
        return Response(status_code=204)

    async def end_tokens(self, _: Request) -> Response:
        self.tokens.end_all()
        return Response(status_code=204)

    async def stats(self, _: Request) -> Response:
        return JSONResponse({"asked": dict(self.asked), "tokens": self.tokens.granted, "files": len(self.files)})

    async def change_faults(self, request: Request) -> Response:
        self.faults = await faults_from(request, MediaFaults)
        return Response(status_code=204)


def known_secrets(file: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(file.read_text())
    return found


def wrong(code: int) -> Response:
    return Response(json.dumps({"errcode": code, "errmsg": "error of the simulator"}), media_type=TEXT)


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 16_384):
        yield content[start : start + 16_384]


def routes(host: MediaHost) -> list[Route]:
    twilio = "/2010-04-01/Accounts/{account}"
    return [
        Route("/cgi-bin/stable_token", host.stable_token, methods=["POST"]),
        Route("/cgi-bin/gettoken", host.corporate_token),
        Route("/cgi-bin/media/get", host.wechat),
        Route("/2/mss/msget", host.weibo),
        Route(twilio + "/Recordings/{name}", host.twilio_recording),
        Route(twilio + "/Messages/{message}/Media/{name}", host.twilio_media),
        Route("/cdn/{name}", host.cdn, name="cdn"),
        Route("/recordings/{name}", host.recording, name="recording"),
        Route("/files/{name}", host.keep, methods=["PUT"]),
        Route("/v1/tokens", host.end_tokens, methods=["DELETE"]),
        Route("/v1/stats", host.stats),
        Route("/v1/faults", host.change_faults, methods=["PUT"]),
    ]


def create_app(settings: MediaHostSettings) -> Starlette:
    host = MediaHost(settings)
    app = application(routes(host))
    # S3's addresses are any at all, so they are looked at last.
    app.router.routes.append(Route("/{bucket}/{key:path}", host.s3))
    return app


if __name__ == "__main__":
    settings = MediaHostSettings()
    serve(create_app(settings), settings)

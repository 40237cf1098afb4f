"""Media of WeChat official accounts and of WeCom (获取临时素材): by media id and access token, or a picture's address.

Errors come as JSON with HTTP 200, and a video of an official account as the address where it lies.
"""

from typing import Any

import httpx
import orjson

from services.intake.media.access_token import AccessToken, Grant
from services.intake.media.download import Download, MediaHttp, broken, download_of, short_text
from services.intake.media.failures import Later, Never, NotThere
from services.intake.media.rules import Meaning, MediaRules
from shared.contracts.media import MediaFault, PlatformMedia

TRIES = 2
"""With the token that is kept, and with a new one."""


class WechatSource:
    """`api` is https://api.weixin.qq.com, at WeCom https://qyapi.weixin.qq.com."""

    def __init__(self, api: str, http: MediaHttp, token: AccessToken | None, rules: MediaRules) -> None:
        self._address = f"{api}/cgi-bin/media/get"
        self._http = http
        self._token = token
        self._rules = rules

    async def open(self, media: PlatformMedia) -> Download:
        """By its id; a picture that has an address, too, by that where the id leads to nothing."""
        url = media.url.reveal() if media.url else None
        if self._token is None or media.media_id is None:
            return await self._by_address(url)
        try:
            return await self._by_id(media.media_id.reveal(), self._token)
        except Never:
            if url is None:
                raise
            return await self._by_address(url)

    async def _by_address(self, url: str | None) -> Download:
        if url is None:
            raise Never(MediaFault.NOT_CONFIGURED, "app_secret is not in gateways.json")
        return download_of(await self._http.get(url))

    async def _by_id(self, media_id: str, token: AccessToken) -> Download:
        held = await token.get()
        for left in range(TRIES - 1, -1, -1):
            response = await self._http.get(self._address, {"access_token": held, "media_id": media_id})
            if _is_file(response):
                return download_of(response)
            said = read_answer(await short_text(response))
            if video := said.get("video_url"):
                return download_of(await self._http.get(str(video)))
            code = code_of(said)
            if self._rules.meaning(code) is not Meaning.TOKEN or not left:
                raise failure_of(code, self._rules)
            held = await token.renew(held)
        raise Later("the access token was refused twice")


def _is_file(response: httpx.Response) -> bool:
    """What is sent as a file has a name; an answer in words has none, and is JSON under one label or another."""
    kind = response.headers.get("content-type", "").lower()
    return "content-disposition" in response.headers or not ("json" in kind or kind.startswith("text/"))


def read_answer(body: bytes) -> dict[str, Any]:
    """Raises `Later` where it is not an object of JSON: a proxy's page, or half an answer."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        raise Later("the answer is neither a file nor JSON")
    return said


def code_of(said: dict[str, Any]) -> int:
    code = said.get("errcode")
    if not isinstance(code, int):
        raise Later("the answer has no errcode")
    return code


def failure_of(code: int, rules: MediaRules) -> Later | Never | NotThere:
    """What an error code means for one file."""
    meaning = rules.meaning(code)
    if meaning is Meaning.GONE:
        return Never(MediaFault.GONE, f"errcode {code}")
    if meaning is Meaning.TOO_LARGE:
        return Never(MediaFault.TOO_LARGE, f"errcode {code}")
    rests = meaning in (Meaning.QUOTA, Meaning.ACCOUNT)
    return Later(f"errcode {code}", rules.quota_rest_seconds if rests else 0.0)


class TokenDesk:
    """Where the tokens are given out."""

    def __init__(self, client: httpx.AsyncClient, api: str, app_id: str, app_secret: str, rules: MediaRules) -> None:
        self._client = client
        self._api = api
        self._app_id = app_id
        self._app_secret = app_secret
        self._rules = rules

    async def of_account(self, another: bool) -> Grant:
        """获取稳定版接口调用凭据: any number of processes are given the same token, and the tokens that other programs
        of the account have by cgi-bin/token stay good."""
        wish = {
            "grant_type": "client_credential",
            "appid": self._app_id,
            "secret": self._app_secret,
            "force_refresh": another,
        }
        return await self._granted(httpx.Request("POST", f"{self._api}/cgi-bin/stable_token", json=wish))

    async def of_corporation(self, another: bool) -> Grant:
        """企业微信 gettoken: the same token to all who ask until it ends, and another only when it has."""
        params = {"corpid": self._app_id, "corpsecret": self._app_secret}
        return await self._granted(httpx.Request("GET", f"{self._api}/cgi-bin/gettoken", params=params))

    async def _granted(self, request: httpx.Request) -> Grant:
        try:
            response = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise broken(error) from error
        said = read_answer(await short_text(response))
        token, lasts_s = said.get("access_token"), said.get("expires_in")
        if isinstance(token, str) and token and isinstance(lasts_s, int):
            return Grant(token, lasts_s)
        code = code_of(said)
        rests = self._rules.meaning(code) is not Meaning.BUSY
        raise Later(f"no token: errcode {code}", self._rules.quota_rest_seconds if rests else 0.0)

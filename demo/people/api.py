"""A person's way to an API: bearer token, If-Match, Idempotency-Key; the same act is repeated under the same key."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from shared.http_client import Answer, HttpClient, HttpFailure

TRIES = 12
PASSING = frozenset({408, 429, 500, 502, 503, 504})


class Unreachable(Exception):
    """The service did not answer for a long time: it is down, or the day is over."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content: Mapping[str, Any]
    etag: str

    @property
    def done(self) -> bool:
        return 200 <= self.status < 300


class Api:
    """One person's client of one service; `urls` are its instances."""

    def __init__(self, client: HttpClient, urls: list[str], token: str, rng: random.Random) -> None:
        self.client = client
        self.urls = urls
        self.headers = {"authorization": f"Bearer {token}"}
        self.rng = rng

    async def get(self, path: str, **params: str | int) -> Reply:
        """Raises `Unreachable`."""
        return await self._asked("GET", path, params=params)

    async def act(self, path: str, body: Mapping[str, Any], etag: str) -> Reply:
        """A change on the version that was seen. Raises `Unreachable`."""
        key = f"{self.rng.getrandbits(96):024x}"
        headers = {"if-match": etag, "idempotency-key": key, "content-type": "application/json"}
        return await self._asked("POST", path, body=orjson.dumps(body), headers=headers)

    async def _asked(self, method: str, path: str, **request: Any) -> Reply:
        headers = {**self.headers, **request.pop("headers", {})}
        for attempt in range(TRIES):
            url = self.urls[attempt % len(self.urls)] + path
            try:
                given = await self.client.request(method, url, headers=headers, **request)
            except HttpFailure:
                given = None
            if given is not None and given.status not in PASSING:
                return Reply(given.status, _json(given), given.headers.get("etag", ""))
            await asyncio.sleep(min(2.0, 0.1 * 2**attempt) * self.rng.uniform(0.7, 1.3))
        raise Unreachable(f"{method} {path.partition('?')[0]}")


def _json(given: Answer) -> Mapping[str, Any]:
    try:
        content = given.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}

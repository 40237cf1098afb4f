"""An HTTP client that asks no network: a function of the test answers, or an app of ours in the same process."""

from collections.abc import Callable, Mapping

import httpx

from shared.http_client import Answer, HttpClient, HttpFailure, Limits

Respond = Callable[[httpx.Request], httpx.Response]


class AnsweringClient(HttpClient):
    """What `transport` raises is told by its kind, as a real failure is."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        super().__init__(Limits(timeout_s=5.0, connections=0), "test")
        self._client = httpx.AsyncClient(transport=transport)

    async def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        try:
            given = await self._client.request(method, url, content=body, params=params, headers=headers)
        except httpx.HTTPError as error:
            raise HttpFailure(type(error).__name__) from error
        return Answer(given.status_code, given.headers, given.content)

    async def close(self) -> None:
        await self._client.aclose()


def answered_by(respond: Respond) -> HttpClient:
    return AnsweringClient(httpx.MockTransport(respond))

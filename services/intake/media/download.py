"""One answer of a platform, read piece by piece; redirects are followed where they may be."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from services.intake.media.allowance import Allowance
from services.intake.media.failures import Later, NotThere

MOST_REDIRECTS = 3
CHUNK_BYTES = 64 * 1024
MOST_TEXT = 64 * 1024
REST_S = 5.0
LONGEST_REST_S = 600.0
LOGIN_REST_S = 60.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Download:
    """A file on its way. `chunks` raises `Later` where the line breaks; `close` whatever became of it."""

    chunks: AsyncIterator[bytes]
    content_type: str
    close: Callable[[], Awaitable[None]]
    length: int | None = None


class MediaHttp:
    """Asks for files by GET."""

    def __init__(self, client: httpx.AsyncClient, allowance: Allowance) -> None:
        self._client = client
        self._allowance = allowance

    async def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> httpx.Response:
        """The answer with its body unread; close it. Raises `Later`, `NotThere`, `Never`.

        What proves who we are goes to the first host only: where a platform redirects to, the address is proof enough.
        """
        target = self._allowance.checked(url)
        first = urlsplit(target).netloc
        for _ in range(MOST_REDIRECTS + 1):
            ours = urlsplit(target).netloc == first
            response = await self._asked(target, params, headers if ours else None, auth if ours else None)
            if response.status_code not in _REDIRECTS:
                return await _judged(response)
            await response.aclose()
            target = self._allowance.checked(urljoin(target, response.headers.get("location", "")))
            params = None
        raise Later("redirected too often")

    async def _asked(
        self,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        auth: tuple[str, str] | None,
    ) -> httpx.Response:
        request = self._client.build_request("GET", url, params=params, headers=headers)
        try:
            return await self._client.send(request, stream=True, auth=auth)
        except httpx.HTTPError as error:
            raise broken(error) from error


def broken(error: httpx.HTTPError) -> Later:
    """A line that broke. Who can't be reached is left alone for a moment; the text of the error may name an address."""
    unreachable = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
    return Later(type(error).__name__, REST_S if unreachable else 0.0)


async def _judged(response: httpx.Response) -> httpx.Response:
    status = response.status_code
    if 200 <= status < 300 and "content-encoding" not in response.headers:
        return response
    await response.aclose()
    if status in (404, 410):
        raise NotThere(f"HTTP {status}")
    if status == 401:
        raise Later("HTTP 401: our login is refused", LOGIN_REST_S)
    if status in (429, 503):
        raise Later(f"HTTP {status}", _rest_s(response.headers.get("retry-after", "")))
    raise Later(f"HTTP {status}")


def _rest_s(retry_after: str) -> float:
    wished = float(retry_after) if retry_after.isascii() and retry_after.isdecimal() else REST_S
    return min(wished, LONGEST_REST_S)


def download_of(response: httpx.Response) -> Download:
    length = response.headers.get("content-length", "")
    return Download(
        chunks=_chunks(response),
        content_type=response.headers.get("content-type", "application/octet-stream").partition(";")[0].strip(),
        close=response.aclose,
        length=int(length) if length.isascii() and length.isdecimal() else None,
    )


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.aiter_raw(CHUNK_BYTES):
            yield chunk
    except httpx.HTTPError as error:
        raise broken(error) from error


async def short_text(response: httpx.Response) -> bytes:
    """The beginning of a body that is no file; the answer is closed."""
    text = b""
    try:
        async for chunk in response.aiter_raw(CHUNK_BYTES):
            text += chunk
            if len(text) >= MOST_TEXT:
                break
    except httpx.HTTPError as error:
        raise broken(error) from error
    finally:
        await response.aclose()
    return text[:MOST_TEXT]

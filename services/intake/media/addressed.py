"""Media that are asked for by an address: Twilio's, a call centre's recordings, and Weibo's by the number of a file."""

from services.intake.media.download import Download, MediaHttp, download_of, short_text
from services.intake.media.failures import Later, Never
from shared.contracts.media import MediaFault, MediaKind, PlatformMedia


def _address(media: PlatformMedia) -> str:
    if media.url is None:
        raise Never(MediaFault.GONE, "the platform named no address")
    return media.url.reveal()


class RecordingSource:
    """Any host that gives out files by https, to whom shows a bearer token where it wants one."""

    def __init__(self, http: MediaHttp, token: str | None) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"} if token else None

    async def open(self, media: PlatformMedia) -> Download:
        return download_of(await self._http.get(_address(media), headers=self._headers))


class TwilioSource:
    """Twilio gives out recordings and media of messages to the account's own login; media by a redirect."""

    def __init__(self, http: MediaHttp, account_sid: str, auth_token: str) -> None:
        self._http = http
        self._login = (account_sid, auth_token)

    async def open(self, media: PlatformMedia) -> Download:
        """A recording without an ending is a WAV of ten times the size."""
        ending = ".mp3" if media.kind is MediaKind.RECORDING else ""
        address = _address(media)
        asked = address if address.endswith((".mp3", ".wav")) else address + ending
        return download_of(await self._http.get(asked, auth=self._login))


class WeiboSource:
    """Weibo's file server: the file's number for the receiver, and the account's access token."""

    def __init__(self, api: str, http: MediaHttp, access_token: str) -> None:
        self._address = f"{api}/2/mss/msget"
        self._http = http
        self._token = access_token

    async def open(self, media: PlatformMedia) -> Download:
        if media.media_id is None:
            raise Never(MediaFault.GONE, "the platform named no file")
        response = await self._http.get(self._address, {"access_token": self._token, "fid": media.media_id.reveal()})
        if "json" in response.headers.get("content-type", ""):
            await short_text(response)
            raise Later("Weibo answers in words")
        return download_of(response)

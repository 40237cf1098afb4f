"""Media that a platform keeps and only names (媒体): what a contact says of them, and media-requests.v1 (IN-4)."""

from pydantic import Field

from shared.contracts.base import Contract, Instant, Word
from shared.contracts.personal import Personal


class MediaKind(Word):
    IMAGE = "image"  # 图片
    VOICE = "voice"  # 语音
    VIDEO = "video"  # 视频
    FILE = "file"  # 文件
    RECORDING = "recording"  # 通话录音


class MediaFault(Word):
    """Why a file can't be had: for good, or for longer than its platform keeps it."""

    GONE = "gone"  # 平台已没有
    EXPIRED = "expired"  # 一直取不到，已过保存期
    TOO_LARGE = "too_large"
    TYPE_REFUSED = "type_refused"
    INFECTED = "infected"
    ADDRESS_REFUSED = "address_refused"  # 地址不在允许范围
    NOT_CONFIGURED = "not_configured"  # 网关没有配置取件


class PlatformMedia(Contract):
    """A file of a contact that its platform keeps; intake fetches it and tells `MediaStored` or `MediaFailed` of the
    same `ref`. It is asked for by `media_id`, where the platform has an interface for that, else by `url`."""

    ref: str = Field(description="media:<gateway>/<opaque id>")
    kind: MediaKind
    media_id: Personal | None = None
    url: Personal | None = Field(None, description="may hold a key of its own: for the fetcher only")


class MediaRequested(Contract):
    """One file to fetch, once. `customer_id` is the key of its contact, under which the result is told."""

    media: PlatformMedia
    interaction_id: str
    customer_id: str
    gateway: str
    named_at: Instant


MEDIA_REQUESTED = "parcelcare.media.requested"
TYPES: dict[str, type[Contract]] = {MEDIA_REQUESTED: MediaRequested}

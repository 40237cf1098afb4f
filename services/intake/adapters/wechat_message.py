"""What a message of WeChat or WeCom says: its fields, its name for good, and its words."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError

from services.intake.adapters.edge import Edge, EdgeInstant, Text, rejected
from services.intake.adapters.social_table import Table
from services.intake.delivery import FieldError, Reason, Rejected
from services.intake.media.naming import Named
from shared.contracts.media import MediaKind
from shared.contracts.parcels import Node
from shared.contracts.playbook import node_of_key


def _from_seconds(value: object) -> object:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 10:
        return datetime.fromtimestamp(int(value), UTC)
    raise ValueError("not in Unix seconds")


Account = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_@.-]{1,64}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Ref = Annotated[str, Field(max_length=2048)]


class WechatMessage(Edge):
    """The decrypted message; CreateTime in Unix seconds. Recognition (语音识别结果) stands where it is switched on."""

    ToUserName: Account
    FromUserName: Account | None = None
    CreateTime: Annotated[EdgeInstant, BeforeValidator(_from_seconds, json_schema_input_type=str)]
    MsgType: Name
    MsgId: Id | None = None
    Event: Name | None = None
    EventKey: Ref | None = None
    Content: Text | None = None
    Recognition: Text | None = None
    MediaId: Ref | None = None
    PicUrl: Ref | None = None
    Format: Ref | None = None
    Location_X: Ref | None = None
    Location_Y: Ref | None = None
    Label: Ref | None = None
    Title: Text | None = None
    Description: Text | None = None
    Url: Text | None = None
    FileKey: Ref | None = None

    @property
    def event(self) -> str | None:
        """WeChat writes CLICK, WeCom click."""
        return (self.Event or "unknown").lower() if self.MsgType == "event" else None

    @property
    def sender(self) -> str:
        """Who is answered. Only events may come from nobody; raises `Rejected`."""
        if self.FromUserName is None:
            error = FieldError("/FromUserName", "is missing")
            raise Rejected(Reason.INVALID, "a message needs its sender", [error])
        return self.FromUserName


def read_message(fields: Mapping[str, str]) -> WechatMessage:
    """Raises `Rejected` (422) with every wrong field."""
    try:
        return WechatMessage.model_validate(dict(fields))
    except ValidationError as error:
        raise rejected(error) from None


def mark_of(message: WechatMessage, fields: Mapping[str, str]) -> str:
    """The same for each of the platform's attempts: MsgId; of an event sender, time, name and key; else all fields."""
    if message.MsgId and message.event is None:
        return message.MsgId
    if message.event and message.FromUserName:
        parts = (message.FromUserName, message.CreateTime.isoformat(), message.event, message.EventKey or "")
        return f"{message.event}/{_digest(*parts)}"
    return f"{message.MsgType}/{_digest(*(f'{name}={text}' for name, text in sorted(fields.items())))}"


def _digest(*parts: str) -> str:
    # An openid is personal: it goes into no cause as it is.
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


Words = tuple[str, str]
"""What the customer wrote, and what came beside it."""


def _bracketed(name: str, *ids: str | None) -> str:
    return f"[{' '.join(filter(None, (name, *ids)))}]"


_WORDS: Mapping[str, Callable[[WechatMessage], Words]] = {
    "text": lambda m: (m.Content or "", "" if m.Content else "[空消息]"),
    "image": lambda m: ("", "[图片]"),
    "voice": lambda m: (m.Recognition or "", "[语音]"),
    "video": lambda m: ("", "[视频]"),
    "shortvideo": lambda m: ("", "[小视频]"),
    "location": lambda m: ("", _bracketed("位置", m.Label, _coordinates(m))),
    "link": lambda m: ("\n".join(filter(None, (m.Title, m.Description))), _bracketed("链接", m.Url)),
    "file": lambda m: (m.Title or "", _bracketed("文件", None if m.MediaId else m.FileKey)),
}
_KINDS: Mapping[str, MediaKind] = {
    "image": MediaKind.IMAGE,
    "voice": MediaKind.VOICE,
    "video": MediaKind.VIDEO,
    "shortvideo": MediaKind.VIDEO,
}


def _coordinates(message: WechatMessage) -> str:
    return ",".join(filter(None, (message.Location_X, message.Location_Y)))


def is_known(message: WechatMessage) -> bool:
    return message.MsgType in _WORDS or message.event is not None


def words_of(message: WechatMessage, table: Table) -> Words | None:
    """None where the message is an event that is no contact. A type that we do not know is one: somebody sent it."""
    if message.event is not None:
        asked = table.menu_contacts.get(message.EventKey or "") if message.event == "click" else None
        return (asked, _bracketed("菜单", message.EventKey)) if asked else None
    of_type = _WORDS.get(message.MsgType)
    return of_type(message) if of_type else ("", _bracketed(message.MsgType))


def asked_node(message: WechatMessage) -> Node | None:
    """The node that a menu's button asks about; None where it is another event."""
    return node_of_key(message.EventKey or "") if message.event == "click" else None


def media_of(message: WechatMessage) -> tuple[Named, ...]:
    """The file that WeChat keeps for three days; of a type that we do not know, too. A picture also has an address."""
    if not (message.MediaId or message.PicUrl) or message.event is not None:
        return ()
    return (Named(_KINDS.get(message.MsgType, MediaKind.FILE), message.MediaId, message.PicUrl),)

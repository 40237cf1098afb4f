"""What a message of Weibo says: its fields, its times, and its words."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from services.intake.adapters.edge import Edge, EdgeInstant, Text
from services.intake.adapters.social_table import Table
from services.intake.media.naming import Named
from shared.contracts.media import MediaKind

_TIME = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d?) (\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d) (\d{4})", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _time(value: object) -> object:
    """ "Mon Jul 16 18:09:20 +0800 2012", read without the locale that strptime would ask."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[1] not in _MONTHS:
        raise ValueError("not a time as Weibo writes it (Mon Jul 16 18:09:20 +0800 2012)")
    month = _MONTHS.index(match[1]) + 1
    return datetime.fromisoformat(f"{match[6]}-{month:02}-{match[2]:0>2}T{match[3]}{match[4]}:{match[5]}")


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _object(value: object) -> object:
    """The documentation has an object; for plain texts an empty string was seen."""
    return value if isinstance(value, dict) else {}


WeiboTime = Annotated[EdgeInstant, BeforeValidator(_time, json_schema_input_type=str)]
Uid = Annotated[
    str, BeforeValidator(_as_text, json_schema_input_type=str | int), StringConstraints(pattern=r"^[0-9]{1,20}$")
]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Ref = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str | int), StringConstraints(max_length=500)]


class WeiboData(Edge):
    """What belongs to a type: vfid and tovfid of a picture or a voice, the place, an event's subtype and key."""

    subtype: Annotated[str, Field(max_length=64)] | None = None
    key: Ref | None = None
    vfid: Ref | None = None
    tovfid: Ref | None = None
    longitude: Ref | None = None
    latitude: Ref | None = None


class WeiboMessage(Edge):
    """A push of the fans service; ids come as numbers or as strings."""

    type: Name
    sender_id: Uid
    receiver_id: Uid
    created_at: WeiboTime
    text: Text = ""
    data: Annotated[WeiboData, BeforeValidator(_object, json_schema_input_type=WeiboData)] = WeiboData()
    sender_name: Annotated[str, Field(max_length=100)] | None = None

    @property
    def event(self) -> str:
        return (self.data.subtype or self.type).lower()

    @property
    def is_public(self) -> bool:
        """Written for everybody to read: a mention (被@) or a comment."""
        return self.type in ("mention", "comment") or (self.type == "event" and self.event == "mention")


class CommentAuthor(Edge):
    id: Uid
    screen_name: Annotated[str, Field(max_length=100)] | None = None


class CommentedStatus(Edge):
    user: CommentAuthor | None = None


class Comment(Edge):
    id: Uid
    created_at: WeiboTime
    text: Text
    user: CommentAuthor
    status: CommentedStatus | None = None


class CommentEvent(Edge):
    type: Annotated[str, Field(pattern="^comment$")]
    event: Name
    comment: Comment


class CommentPush(Edge):
    """A comment (评论) as the data push of Weibo's business interface hands it on."""

    text: CommentEvent

    def to_message(self) -> WeiboMessage:
        """A comment that was added; of one that was deleted, an event."""
        comment, event = self.text.comment, self.text.event
        status = comment.status
        return WeiboMessage.model_construct(
            type="comment" if event == "add" else "event",
            sender_id=comment.user.id,
            receiver_id=status.user.id if status and status.user else "0",
            created_at=comment.created_at,
            text=comment.text,
            data=WeiboData(subtype=f"comment_{event}", key=comment.id),
            sender_name=comment.user.screen_name,
        )


Words = tuple[str, str]
"""What the customer wrote, and what came beside it."""


def _marker(name: str, *ids: str | None) -> str:
    return f"[{' '.join(filter(None, (name, *ids)))}]"


def _markers(data: WeiboData) -> Mapping[str, str]:
    return {
        "text": "",
        "position": _marker("位置", data.latitude, data.longitude),
        "voice": "[语音]",
        "image": "[图片]",
        "mention": _marker("微博提及", data.subtype, data.key),
        "comment": _marker("微博评论", data.key),
    }


def is_known(message: WeiboMessage) -> bool:
    return message.type == "event" or message.type in _markers(message.data)


def words_of(message: WeiboMessage, table: Table) -> Words | None:
    """None where the message is an event that is no contact. A type that we do not know is one: somebody sent it."""
    if message.type == "event" and message.event != "mention":
        asked = table.menu_contacts.get(message.data.key or "") if message.event == "click" else None
        return (asked, _marker("菜单", message.data.key)) if asked else None
    if message.type == "text":
        return message.text, "" if message.text.strip() else "[空消息]"
    of_type = _markers(message.data).get("mention" if message.type == "event" else message.type)
    return message.text, of_type or _marker(message.type, message.data.key)


_KINDS: Mapping[str, MediaKind] = {"image": MediaKind.IMAGE, "voice": MediaKind.VOICE}


def media_of(message: WeiboMessage) -> tuple[Named, ...]:
    """The file that Weibo keeps: vfid opens it for who sent it, tovfid for us."""
    kind, mark = _KINDS.get(message.type), message.data.tovfid or message.data.vfid
    return (Named(kind, mark),) if kind and mark else ()

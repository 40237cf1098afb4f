"""Weibo fans service (微博粉丝服务平台): private messages, mentions and comments as JSON, answered in Weibo's JSON."""

import hashlib
from typing import Any
from urllib.parse import quote

import orjson

from services.intake.adapters.direct_message import DirectMessage, accept_event, accept_message
from services.intake.adapters.edge import Edge, read_json
from services.intake.adapters.social_table import table
from services.intake.adapters.sorted_sha1 import echo, require_signed
from services.intake.adapters.weibo_message import CommentPush, WeiboMessage, is_known, media_of, words_of
from services.intake.credentials import Credentials
from services.intake.delivery import Accepted, Adapter, Answer, Delivery, Verified
from shared.contracts.people import Channel
from shared.security.identity import IdentityKey

NOTHING = Answer(b"", "text/plain")
"""Weibo takes an empty answer as: received, nothing to be shown."""


class _Shape(Edge):
    """Only to see which of the two it is: a comment's `text` is an object."""

    text: Any = None


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    require_signed(delivery, credentials.of(delivery.gateway).app_secret)
    message = _read(delivery.body)
    return Verified(f"gateway/{delivery.gateway.name}/{_mark(message)}", delivery.body, message)


def _read(body: bytes) -> WeiboMessage:
    if isinstance(read_json(_Shape, body).text, dict):
        return read_json(CommentPush, body).to_message()
    return read_json(WeiboMessage, body)


def _mark(message: WeiboMessage) -> str:
    """Weibo has no message ids and recommends sender and time; the rest tells apart what came in the same second."""
    # By its place in the model, so that the order of JSON's fields does not matter.
    return f"{message.type}/{hashlib.sha256(message.model_dump_json().encode()).hexdigest()}"


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    message: WeiboMessage = verified.parsed
    words = words_of(message, table())
    if words is None:
        return accept_event(delivery, verified.cause, message.event, NOTHING)
    # Ids of Weibo and of WeCom could be the same digits: the name keeps two people two.
    handle = f"weibo:{message.sender_id}"
    media = media_of(message)
    contact = DirectMessage(Channel.WEIBO, handle, *words, message.created_at, message.sender_name, media)
    answer = NOTHING if message.is_public else _reply(message, table().receipt.in_language(contact.language))
    unknown = () if is_known(message) else (message.type,)
    return accept_message(delivery, verified.cause, contact, identity, answer, unknown)


def _reply(message: WeiboMessage, text: str) -> Answer:
    """`data` is JSON in percent-encoding within the JSON: so Weibo wants it.

    Only to private messages: after a mention one reply is allowed, and that is the agent's.
    """
    reply = {
        "result": True,
        "sender_id": message.receiver_id,
        "receiver_id": message.sender_id,
        "type": "text",
        "data": quote(orjson.dumps({"text": text}), safe=""),
    }
    return Answer(orjson.dumps(reply), "application/json")


def greet(delivery: Delivery, credentials: Credentials) -> Answer:
    require_signed(delivery, credentials.of(delivery.gateway).app_secret)
    return echo(delivery)


ADAPTER = Adapter(verify, normalise, greet=greet)

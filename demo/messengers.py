"""Contacts by WeChat, Weibo and text message (Twilio), in the words of these platforms; they are signed when sent."""

import random
from datetime import datetime
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import orjson

from demo.parcels import CHINA
from demo.population import Person

OFFICIAL_ACCOUNT, FANS_PAGE, SMS_NUMBER, ACCOUNT = "gh_parcelcare", "1902538057", "+12025550100", "AC" + "0" * 32


def whole_second(at: datetime) -> datetime:
    """These platforms tell the second only."""
    return at.replace(microsecond=0)


def openid(person: Person) -> str:
    return f"oDEMO{person.number:023d}"


def weibo_uid(person: Person) -> str:
    return f"5{person.number:09d}"


def wechat_text(rng: random.Random, person: Person, text: str, at: datetime) -> bytes:
    """The XML before it is encrypted."""
    fields = {
        "ToUserName": OFFICIAL_ACCOUNT,
        "FromUserName": openid(person),
        "CreateTime": str(int(at.timestamp())),
        "MsgType": "text",
        "Content": text,
        "MsgId": str(rng.randrange(10**18, 9 * 10**18)),
    }
    return (
        "<xml>" + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items()) + "</xml>"
    ).encode()


def weibo_text(person: Person, text: str, at: datetime) -> bytes:
    local = at.astimezone(CHINA)
    return orjson.dumps(
        {
            "type": "text",
            "receiver_id": int(FANS_PAGE),
            "sender_id": int(weibo_uid(person)),
            # Weibo's weekday and month are English in every locale.
            "created_at": f"{DAYS[local.weekday()]} {MONTHS[local.month - 1]} {local:%d %H:%M:%S} +0800 {local.year}",
            "text": text,
            "data": {},
        }
    )


def text_message(rng: random.Random, person: Person, text: str) -> bytes:
    """The form of Twilio's webhook for an incoming message."""
    sid = f"SM{rng.getrandbits(128):032x}"
    return urlencode(
        {
            "MessageSid": sid,
            "SmsSid": sid,
            "AccountSid": ACCOUNT,
            "From": person.phone,
            "To": SMS_NUMBER,
            "Body": text,
            "NumMedia": "0",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }
    ).encode()


DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

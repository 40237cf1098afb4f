"""How the platforms sign what they push: WeChat, Weibo, Twilio and SF, each as its public protocol says.

Written from the platforms' documents, for the side that sends; nothing here knows how the receiver checks.
"""

import base64
import hashlib
import hmac
import random
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
XML = "text/xml; charset=utf-8"
JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Push:
    """One request as a platform makes it."""

    body: bytes
    headers: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)


def sorted_sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def wechat(body: bytes, secrets: Mapping[str, Any], seconds: int, rng: random.Random) -> Push:
    """Secure mode (安全模式): the message encrypted, and signed together with the ciphertext."""
    token, nonce = secrets["token"], str(rng.randrange(10**8, 10**10))
    encrypted = encrypt(body, secrets["aes_key"], secrets["app_id"], rng.randbytes(16))
    signed = (token, str(seconds), nonce)
    query = {
        "signature": sorted_sha1(*signed),
        "timestamp": str(seconds),
        "nonce": nonce,
        "encrypt_type": "aes",
        "msg_signature": sorted_sha1(*signed, encrypted),
    }
    sealed = f"<xml><ToUserName><![CDATA[gh_parcelcare]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    return Push(sealed.encode(), {"content-type": XML}, query)


def encrypt(content: bytes, aes_key: str, app_id: str, salt: bytes) -> str:
    """AES-256-CBC over salt, length, content and app id, padded to 32 bytes (PKCS#7); the key's head is the IV."""
    key = base64.b64decode(aes_key + "=")
    plain = salt + struct.pack(">I", len(content)) + content + app_id.encode()
    padding = BLOCK - len(plain) % BLOCK
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(key[:16])).encryptor()
    sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


def weibo(body: bytes, secrets: Mapping[str, Any], seconds: int, rng: random.Random) -> Push:
    """Fans service: app secret, time in milliseconds and nonce; the body itself is not signed."""
    stamp, nonce = str(seconds * 1000 + rng.randrange(1000)), str(rng.randrange(10**8, 10**9))
    query = {"signature": sorted_sha1(secrets["app_secret"], stamp, nonce), "timestamp": stamp, "nonce": nonce}
    return Push(body, {"content-type": JSON}, query)


def twilio(body: bytes, secrets: Mapping[str, Any], url: str) -> Push:
    """The address and the form's fields in order, by HMAC-SHA1."""
    fields = sorted(parse_qsl(body.decode("ascii"), keep_blank_values=True))
    signed = url + "".join(f"{name}{value}" for name, value in fields)
    digest = hmac.digest(str(secrets["auth_token"]).encode(), signed.encode(), "sha1")
    return Push(body, {"content-type": FORM, "x-twilio-signature": base64.b64encode(digest).decode()})


def sf(body: bytes, secrets: Mapping[str, Any], seconds: int) -> Push:
    """RoutePushService: base64(MD5(content + timestamp + check word)), the text in URL encoding first."""
    stamp = str(seconds * 1000)
    text = quote_plus(body + (stamp + secrets["check_word"]).encode(), safe="*-._")
    digest = base64.b64encode(hashlib.md5(text.encode()).digest()).decode()
    return Push(body, {"content-type": JSON, "timestamp": stamp, "msgdigest": digest})


def forged(secrets: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """Secrets of the right shape that are not the gateway's."""
    return {
        **secrets,
        "token": f"t{rng.getrandbits(64):x}",
        "app_secret": f"s{rng.getrandbits(64):x}",
        "auth_token": f"a{rng.getrandbits(64):x}",
        "check_word": f"c{rng.getrandbits(64):x}",
    }

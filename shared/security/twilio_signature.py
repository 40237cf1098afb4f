"""X-Twilio-Signature: HMAC-SHA1 over the address and the sorted fields; a JSON body is bound by its SHA-256.

Twilio signs the address as it was entered or with the port written out, so both ways are tried.
Source: https://www.twilio.com/docs/usage/security (Validating requests).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

Fields = Mapping[str, Iterable[str]]

BODY_HASH = "bodySHA256"
MAX_FIELDS = 300
_ADDRESS = re.compile(r"(https?)://([^/?#]*?)(?::(\d{1,5}))?([/?#].*)?", re.DOTALL)


def sign(token: str, url: str, fields: Fields) -> str:
    """Names in order; a name that comes several times has each of its values once, in order."""
    text = url + "".join(f"{name}{value}" for name in sorted(fields) for value in sorted(set(fields[name])))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


def is_valid_form(token: str, url: str, fields: Fields, signature: str) -> bool:
    expected = [sign(token, variant, fields).encode() for variant in addresses(url)]
    return any(hmac.compare_digest(e, signature.encode()) for e in expected)


def is_valid_body(token: str, url: str, body: bytes, signature: str) -> bool:
    """The address names the body's hash and is signed itself; without it nothing would bind the body."""
    stated = body_hash(url)
    if stated is None:
        return False
    is_same = hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), stated.lower().encode())
    return is_valid_form(token, url, {}, signature) and is_same


def body_hash(url: str) -> str | None:
    try:
        query = parse_qsl(url.partition("?")[2].partition("#")[0], max_num_fields=MAX_FIELDS, errors="replace")
    except ValueError:
        return None
    return next((value for name, value in query if name == BODY_HASH), None)


def addresses(url: str) -> tuple[str, ...]:
    """The address with its port written out, and without one."""
    match = _ADDRESS.fullmatch(url)
    if match is None:
        return (url,)
    scheme, host, port, rest = match[1], match[2], match[3], match[4] or ""
    written = port or ("443" if scheme == "https" else "80")
    return f"{scheme}://{host}:{written}{rest}", f"{scheme}://{host}{rest}"

"""What each gateway proves itself with: signing secrets (several while one is rotated) or a salt."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from services.intake.gateways import Gateway
from shared.security.webhooks import SECRET_PREFIX


class MissingCredentials(Exception):
    """gateways.json lacks the secrets of a gateway that gateways.yaml names: add them before starting."""


def _usable(secret: str) -> str:
    try:
        base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a webhook secret is whsec_ and base64") from None
    return secret


Word = Annotated[str, Field(min_length=1, max_length=500)]


class GatewaySecrets(BaseModel):
    """One entry of gateways.json. Which fields a kind needs stands in gateways.NEEDS; a field that none has stops the
    start, for a misspelt `aes_key` would have a gateway take messages in the plain.

    `secrets`: Standard Webhooks, newest first · `salt`: Kuaidi100 · `token`, `aes_key`, `app_id`: WeChat and WeCom ·
    `app_secret`: Weibo, and WeChat and WeCom for fetching media · `auth_token`: Twilio · `check_word`: SF ·
    `hmac_secret`: EasyPost, AfterShip, Shopify.
    For fetching media: `access_token` Weibo · `account_sid` Twilio · `media_token` a call centre's host of recordings ·
    `region` and, where the machine has no role of its own, `access_key_id` and `secret_access_key` Amazon Connect.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    secrets: tuple[Annotated[str, AfterValidator(_usable)], ...] = ()
    salt: Word | None = None
    token: Word | None = None
    aes_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{43}$")] | None = None
    app_id: Word | None = None
    app_secret: Word | None = None
    auth_token: Word | None = None
    check_word: Word | None = None
    hmac_secret: Word | None = None
    access_token: Word | None = None
    account_sid: Word | None = None
    media_token: Word | None = None
    region: Word | None = None
    access_key_id: Word | None = None
    secret_access_key: Word | None = None


_NONE = GatewaySecrets()


@dataclass(frozen=True, slots=True)
class Credentials:
    by_gateway: Mapping[str, GatewaySecrets]

    def of(self, gateway: Gateway) -> GatewaySecrets:
        return self.by_gateway.get(gateway.entry, _NONE)


_FILE = TypeAdapter(dict[str, GatewaySecrets])


def _told(error: ValidationError) -> str:
    """Which fields are wrong and what is expected there, never what stands there."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}" for e in found)


def load(secrets_dir: Path, needs: Mapping[str, Sequence[str]]) -> Credentials:
    """Read {secrets_dir}/gateways.json. Raises `MissingCredentials` naming the entries that lack what is needed."""
    file = secrets_dir / "gateways.json"
    try:
        found = _FILE.validate_python(json.loads(file.read_bytes()))
    except FileNotFoundError:
        raise MissingCredentials(f"{file} does not exist") from None
    except json.JSONDecodeError as error:
        raise MissingCredentials(f"{file}: line {error.lineno} is not JSON") from None
    except ValidationError as error:
        raise MissingCredentials(f"{file}: {_told(error)}") from None
    credentials = Credentials(found)
    lacking = [
        f"{entry} ({name})"
        for entry, names in needs.items()
        for name in names
        if not getattr(credentials.by_gateway.get(entry, GatewaySecrets()), name)
    ]
    if lacking:
        raise MissingCredentials(f"{file} lacks {', '.join(lacking)}")
    return credentials

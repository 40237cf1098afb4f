"""What each gateway proves itself with: signing secrets (several while one is rotated) or a salt."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared.messaging.record import describe
from shared.security.webhooks import SECRET_PREFIX


class MissingCredentials(Exception):
    """gateways.json lacks the secrets of a gateway that gateways.yaml names: add them before starting."""


def _usable(secret: str) -> str:
    try:
        base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a webhook secret is whsec_ and base64") from None
    return secret


class GatewaySecrets(BaseModel):
    """One entry of gateways.json: Standard Webhooks secrets, newest first, or the salt of a Kuaidi100 subscription."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    secrets: tuple[Annotated[str, AfterValidator(_usable)], ...] = ()
    salt: str | None = Field(None, min_length=1)


@dataclass(frozen=True, slots=True)
class Credentials:
    by_gateway: Mapping[str, GatewaySecrets]

    def of(self, gateway: str) -> GatewaySecrets:
        return self.by_gateway.get(gateway, GatewaySecrets())


_FILE = TypeAdapter(dict[str, GatewaySecrets])


def load(secrets_dir: Path, signed: Iterable[str], salted: Iterable[str]) -> Credentials:
    """Read {secrets_dir}/gateways.json. Raises `MissingCredentials` naming the gateways that have none."""
    file = secrets_dir / "gateways.json"
    try:
        found = _FILE.validate_python(json.loads(file.read_bytes()))
    except FileNotFoundError:
        raise MissingCredentials(f"{file} does not exist") from None
    except json.JSONDecodeError as error:
        raise MissingCredentials(f"{file}: line {error.lineno} is not JSON") from None
    except ValidationError as error:
        raise MissingCredentials(f"{file}: {describe(error)}") from None
    credentials = Credentials(found)
    lacking = [f"{name} (secrets)" for name in signed if not credentials.of(name).secrets]
    lacking += [f"{name} (salt)" for name in salted if not credentials.of(name).salt]
    if lacking:
        raise MissingCredentials(f"{file} lacks {', '.join(lacking)}")
    return credentials

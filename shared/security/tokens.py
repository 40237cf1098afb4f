"""Bearer tokens: verified against an OpenID Connect provider's keys, or a local development issuer (SY-4)."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey
from starlette.requests import Request

from shared.settings import CommonSettings
from shared.web import Problem

AUDIENCE = "parcelcare"
LOCAL_ISSUER = "parcelcare-local-development"
LOCAL_KEY_FILE = "token_signing.pem"
JWKS_FILE = "oidc_jwks.json"
TOKENS_KEPT = 4096


class Role(StrEnum):
    AGENT = "agent"
    LEAD = "lead"
    SUPERVISOR = "supervisor"
    ADJUDICATOR = "adjudicator"
    ARCHIVIST = "archivist"
    SRE = "sre"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts: the token's subject, roles and groups."""

    subject: str
    roles: frozenset[str]
    groups: frozenset[str] = frozenset()


class TokenVerifier:
    """In production the keys are the provider's (oidc_jwks.json among the secrets) and local tokens are refused."""

    def __init__(self, keys: KeySet | OKPKey, issuer: str, algorithms: list[str]) -> None:
        self._keys = keys
        self._algorithms = algorithms
        self._claims = jwt.JWTClaimsRegistry(
            leeway=30,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": AUDIENCE},
            sub={"essential": True},
            exp={"essential": True},
        )
        # A page asks with the same token again and again. Its signature stays true; its time is looked at each time.
        self._signed = lru_cache(maxsize=TOKENS_KEPT)(self._verified)

    @staticmethod
    def from_settings(settings: CommonSettings) -> "TokenVerifier":
        """Raises `FileNotFoundError` where the key file of this environment is missing."""
        if settings.environment == "production":
            keys = KeySet.import_key_set(orjson.loads((settings.secrets_dir / JWKS_FILE).read_bytes()))
            return TokenVerifier(keys, settings.oidc_issuer, ["RS256", "ES256", "Ed25519"])
        return TokenVerifier(_local_key(settings.secrets_dir), LOCAL_ISSUER, ["Ed25519"])

    def _verified(self, token: str) -> dict[str, Any]:
        return jwt.decode(token, self._keys, algorithms=self._algorithms).claims

    def require(self, request: Request, *roles: str) -> Principal:
        """The caller, who must hold one of `roles` (none given: any); `Problem` 401 or 403."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorised("A bearer token is needed.")
        try:
            claims = self._signed(token)
            self._claims.validate(claims)
        except (JoseError, ValueError) as error:
            raise _unauthorised(f"The token is not valid: {type(error).__name__}.") from error
        principal = Principal(str(claims["sub"]), _strings(claims.get("roles")), _strings(claims.get("groups")))
        if roles and not principal.roles.intersection(roles):
            raise Problem(403, "Not allowed", f"One of these roles is needed: {', '.join(roles)}.")
        return principal


def issue_local(secrets_dir: Path, subject: str, roles: Iterable[str], hours: float = 12) -> str:
    """A token of the local development issuer; a verifier in production mode refuses it."""
    now = int(time.time())
    claims = {
        "iss": LOCAL_ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "roles": list(roles),
        "iat": now,
        "exp": now + int(hours * 3600),
    }
    return jwt.encode({"alg": "Ed25519"}, claims, _local_key(secrets_dir), algorithms=["Ed25519"])


def _local_key(secrets_dir: Path) -> OKPKey:
    return OKPKey.import_key((secrets_dir / LOCAL_KEY_FILE).read_bytes())


def _strings(value: object) -> frozenset[str]:
    return frozenset(str(v) for v in value) if isinstance(value, list) else frozenset()


def _unauthorised(detail: str) -> Problem:
    return Problem(401, "Not signed in", detail, {"WWW-Authenticate": "Bearer"})


cli = typer.Typer(add_completion=False)


@cli.callback()
def root() -> None:
    """Tokens of the local development issuer."""


@cli.command()
def issue(
    sub: str,
    role: Annotated[list[Role], typer.Option(help="may be given several times")],
    secrets_dir: Path = Path("var/secrets"),
    hours: float = 12,
) -> None:
    """Print a token for SUB."""
    typer.echo(issue_local(secrets_dir, sub, [r.value for r in role], hours))


if __name__ == "__main__":
    cli()

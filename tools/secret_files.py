"""Makes the secrets of an installation once: readable by their owner only, never printed.

python -m tools.secret_files DIRECTORY      what exists is kept, what is missing is added
GATEWAYS_FILE: the installation's own gateways, where it does not have those that ship
"""

import base64
import json
import os
import secrets
import string
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

GATEWAY_RULES = Path(__file__).resolve().parents[1] / "services" / "intake" / "rules" / "gateways.yaml"
ALPHANUMERIC = string.ascii_letters + string.digits
WEBHOOK_RECEIVERS = ("merchant", "partner", "supervisor", "staff", "courier", "carrier", "phone-gateway")


def webhook_secret() -> str:
    """Standard Webhooks: `whsec_` and 24 to 64 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def signing_key() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def gateway_names() -> list[str]:
    """The gateways that come in by HTTP and so must prove who they are."""
    rules = Path(os.environ.get("GATEWAYS_FILE") or GATEWAY_RULES)
    entries = yaml.safe_load(rules.read_text("utf-8"))["gateways"]
    return [entry.get("credentials", entry["name"]) for entry in entries if "path" in entry]


def proofs() -> dict[str, object]:
    """One of every kind of proof, whatever a gateway speaks. A second, older secret stands beside the new one, so that
    rotation is lived and not only planned."""
    return {
        "secrets": [webhook_secret(), webhook_secret()],
        "salt": secrets.token_hex(8),
        "token": secrets.token_hex(12),
        "aes_key": "".join(secrets.choice(ALPHANUMERIC) for _ in range(43)),
        "app_id": f"wx{secrets.token_hex(8)}",
        "app_secret": secrets.token_hex(16),
        "auth_token": secrets.token_hex(16),
        "check_word": secrets.token_hex(16),
        "hmac_secret": secrets.token_hex(24),
        "access_token": secrets.token_urlsafe(24),
        "account_sid": f"AC{secrets.token_hex(16)}",
        "media_token": secrets.token_urlsafe(24),
        "region": "cn-north-1",
        "access_key_id": f"AK{secrets.token_hex(9).upper()}",
        "secret_access_key": secrets.token_urlsafe(30),
    }


def gateway_secrets(names: Iterable[str], known: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """What is known stays; what an entry lacks is added."""
    return {**known, **{name: {**proofs(), **known.get(name, {})} for name in names}}


def single_secrets() -> dict[str, str]:
    """File name → content, for the files that hold one secret or one fixed set of them."""
    return {
        "token_signing.pem": signing_key(),
        "identity.key": secrets.token_urlsafe(32),
        "progress.key": secrets.token_urlsafe(32),
        "partner.key": secrets.token_urlsafe(32),
        "payment.key": "sk_local_" + secrets.token_urlsafe(24),
        "personal.key": base64.b64encode(secrets.token_bytes(32)).decode(),
    }


def ensure(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    for name, content in single_secrets().items():
        if not (directory / name).exists():
            write_private(directory / name, content)
    add_missing(directory / "gateways.json", lambda known: gateway_secrets(gateway_names(), known))
    add_missing(directory / "webhooks.json", receiver_secrets)


def receiver_secrets(known: Mapping[str, object]) -> dict[str, object]:
    """What is known stays, with its URL; a receiver that is new gets a secret."""
    return {**{name: {"secret": webhook_secret()} for name in WEBHOOK_RECEIVERS}, **known}


def add_missing(file: Path, complete: Callable[[Mapping[str, Any]], dict[str, object]]) -> None:
    """Written only where `complete` adds something to what the file holds."""
    known = json.loads(file.read_text()) if file.exists() else {}
    wanted = complete(known)
    if wanted != known:
        write_private(file, json.dumps(wanted, indent=2))


def write_private(file: Path, content: str) -> None:
    """All or nothing, and never readable by others, not even for a moment."""
    draft = file.with_name(f".{file.name}.part")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(content)
    draft.replace(file)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    ensure(Path(sys.argv[1]))

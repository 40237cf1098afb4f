"""The secret with which a service signs the links that it hands out."""

from pathlib import Path

LEAST_CHARACTERS = 32


def link_key(secrets_dir: Path, name: str) -> bytes:
    """What {secrets_dir}/{name} holds. Raises `ValueError` where it is too short to be a secret, `FileNotFoundError`
    where there is none."""
    key = (secrets_dir / name).read_text("utf-8").strip()
    if len(key) < LEAST_CHARACTERS:
        raise ValueError(f"{name}: at least {LEAST_CHARACTERS} random characters are needed")
    return key.encode()

"""Which fault happens: drawn from a seed and the request's own key, so that a run can be repeated."""

from collections.abc import Mapping
from hashlib import blake2b


def draw(seed: int, *key: str) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    digest = blake2b("\x1f".join((str(seed), *key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def pick(number: float, shares: Mapping[str, float]) -> str | None:
    """The fault whose share of [0, 1) holds `number`; None for the rest. Shares must not add up to more than 1."""
    edge = 0.0
    for name, share in shares.items():
        edge += share
        if number < edge:
            return name
    return None

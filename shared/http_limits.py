"""How long and how large an HTTP request may be on its way in, for every service (IN-8)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """A head is there within `head_s` seconds and is no larger than `head_bytes`; a body within `body_s` seconds,
    and a second more for each `body_bytes_per_s` of it that have come."""

    head_s: float = 10.0
    head_bytes: int = 65_536
    body_s: float = 20.0
    body_bytes_per_s: int = 16_384

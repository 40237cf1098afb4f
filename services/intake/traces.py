"""The trace context that a sender gave, if it is well-formed."""

import re
from collections.abc import Mapping

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


def traceparent_of(headers: Mapping[str, str]) -> str | None:
    """W3C traceparent of version 00, or None."""
    value = headers.get("traceparent", "")
    return value if _TRACEPARENT.fullmatch(value) else None

"""Schemas as every tool reads them: what only pydantic or Rust understands is put aside. Pure."""

import re
from typing import Any

INLINE_FLAGS = re.compile(r"\(\?[a-zA-Z-]+[:)]")
"""(?i:…) is Rust's and Python's; JSON Schema's patterns are ECMAScript's."""


def portable(node: Any, keep_discriminator: bool = True) -> Any:
    """A copy in which a pattern with inline flags is called `x-pattern`, and, for AsyncAPI, whose discriminator
    is a plain name, OpenAPI's discriminators are left out (each member has its own constant)."""
    if isinstance(node, list):
        return [portable(item, keep_discriminator) for item in node]
    if not isinstance(node, dict):
        return node
    copied: dict[str, Any] = {}
    for key, value in node.items():
        if key == "discriminator" and isinstance(value, dict) and "propertyName" in value and not keep_discriminator:
            continue
        foreign = key == "pattern" and isinstance(value, str) and INLINE_FLAGS.search(value)
        copied["x-pattern" if foreign else key] = portable(value, keep_discriminator)
    return copied

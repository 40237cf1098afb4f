"""The JSON Schema of every event type, from its pydantic model (SY-7)."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from shared.contracts.topics import TOPICS
from tools.docs.paths import SCHEMAS
from tools.docs.portable import portable

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def event_types() -> dict[str, type[BaseModel]]:
    """ce_type → model, over all topics."""
    return {name: model for topic in TOPICS for name, model in topic.types.items()}


def schema_of(name: str, model: type[BaseModel]) -> dict[str, Any]:
    schema: dict[str, Any] = portable(model.model_json_schema(mode="validation"))
    return {"$schema": DIALECT, "$id": f"urn:parcelcare:event:{name}", **schema}


def by_type() -> dict[str, dict[str, Any]]:
    return {name: schema_of(name, model) for name, model in event_types().items()}


def path_of(name: str) -> Path:
    return SCHEMAS / f"{name}.json"


def committed() -> dict[str, dict[str, Any]]:
    """The schemas as they stand in docs/schemas, by event type."""
    return {path.name.removesuffix(".json"): json.loads(path.read_text("utf-8")) for path in SCHEMAS.glob("*.json")}

"""A new version of an event is readable by older readers, and older events by it (SY-7)."""

import json
import subprocess
from typing import Any

import pytest
from pydantic import BaseModel

from shared.contracts.topics import TOPICS
from tools.docs import schemas
from tools.docs.compatibility import breaks
from tools.docs.paths import ROOT, SCHEMAS

pytestmark = pytest.mark.req("SY-7")

NOW = schemas.by_type()


def at_head() -> dict[str, dict[str, Any]]:
    """The schemas of the last commit; empty outside a repository or before the first that has them."""
    folder = SCHEMAS.relative_to(ROOT)
    listed = _git("ls-tree", "--name-only", "HEAD", f"{folder}/")
    found = {}
    for name in listed.split():
        found[name.rsplit("/", 1)[1].removesuffix(".json")] = json.loads(_git("show", f"HEAD:{name}"))
    return found


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def problems(old: dict[str, dict[str, Any]]) -> list[str]:
    gone = [f"{name}: the event type is gone" for name in old if name not in NOW]
    return gone + [f"{name}: {p}" for name in old.keys() & NOW.keys() for p in breaks(old[name], NOW[name])]


def test_schemas_are_compatible_with_those_in_docs() -> None:
    assert problems(schemas.committed()) == []


def test_schemas_are_compatible_with_the_last_commit() -> None:
    assert problems(at_head()) == []


def test_every_event_type_has_a_schema() -> None:
    assert set(schemas.committed()) == set(NOW)


def models() -> dict[str, type[BaseModel]]:
    """Every model that an event holds, by name."""
    found: dict[str, type[BaseModel]] = {}

    def visit(annotation: Any) -> None:
        is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        if is_model and annotation.__name__ not in found:
            found[annotation.__name__] = annotation
            for field in annotation.model_fields.values():
                visit(field.annotation)
        for inner in getattr(annotation, "__args__", ()):
            visit(inner)

    for topic in TOPICS:
        for model in topic.types.values():
            visit(model)
    return found


@pytest.mark.parametrize("model", models().values(), ids=lambda m: m.__name__)
def test_what_may_be_none_may_be_absent(model: type[BaseModel]) -> None:
    """Senders leave None out of the value, so a reader must not require the field."""
    required = [
        name
        for name, field in model.model_fields.items()
        if field.is_required() and type(None) in getattr(field.annotation, "__args__", ())
    ]
    assert required == []

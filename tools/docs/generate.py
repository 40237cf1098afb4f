"""All generated documents as texts, and what of them is out of date on disk."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.docs import asyncapi, features, marks, openapi, requirements, schemas
from tools.docs.compatibility import breaks
from tools.docs.paths import ASYNCAPI, FEATURES, OPENAPI, REQUIREMENTS, ROOT, SCHEMAS, SERVICES, TESTS


class Refused(Exception):
    """A document may not be written as it would be; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Documents:
    """Text by path; files in the generated folders that are not among them are left over."""

    texts: Mapping[Path, str]

    def stale(self) -> list[Path]:
        """What writing would change or remove."""
        changed = [p for p, text in self.texts.items() if not p.exists() or p.read_text("utf-8") != text]
        return sorted([*changed, *self._left_over()])

    def write(self) -> None:
        for path, text in self.texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        for path in self._left_over():
            path.unlink()

    def _left_over(self) -> list[Path]:
        found = [*SCHEMAS.glob("*.json"), *OPENAPI.glob("*.json")]
        return [path for path in found if path not in self.texts]


def generate(accepted_breaks: frozenset[str] = frozenset()) -> Documents:
    """Raises `Refused` for a schema that breaks its committed form, `CatalogueError` for requirements."""
    texts: dict[Path, str] = {ASYNCAPI: as_json(asyncapi.document())}
    now = schemas.by_type()
    _refuse_breaks(now, accepted_breaks)
    texts |= {schemas.path_of(name): as_json(schema) for name, schema in now.items()}
    texts |= {OPENAPI / f"{service}.json": as_json(openapi.document(service)) for service in SERVICES}
    catalogue = requirements.load(REQUIREMENTS)
    texts[FEATURES] = features.page(catalogue, requirements.proofs(catalogue, marks.in_folder(TESTS), ROOT))
    return Documents(texts)


def _refuse_breaks(now: Mapping[str, dict[str, Any]], accepted: frozenset[str]) -> None:
    problems = [
        f"{name}: {problem}"
        for name, old in schemas.committed().items()
        if name not in accepted
        for problem in (breaks(old, now[name]) if name in now else ["the event type is gone"])
    ]
    if problems:
        raise Refused(
            "These schemas would break older readers or older events:\n  "
            + "\n  ".join(problems)
            + "\nKeep the field and add a new optional one, or name a new event type; "
            "before a first release: --accept-break TYPE."
        )


def as_json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

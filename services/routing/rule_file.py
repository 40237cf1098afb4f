"""One rule file: its content, source and validity, and reading a cell with an error that names it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Self

import yaml

from services.routing.decision_table import DecisionTable, RuleError, TableSpec
from shared.yaml_lines import Loader


class RuleFile:
    """One file: its content, and reading a cell of it with an error that names the cell."""

    loader: ClassVar[Any] = Loader

    def __init__(self, file: str, content: Mapping[str, Any], digest: str) -> None:
        self.file = file
        self.content = content
        self.digest = digest

    @classmethod
    def read(cls, path: Path, today: date | None) -> Self:
        try:
            raw = path.read_bytes()
            content = json.loads(raw) if path.suffix == ".json" else yaml.load(raw, Loader=cls.loader)  # noqa: S506 a safe loader
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise RuleError(path.name, "file", f"can't be read: {error}") from error
        if not isinstance(content, dict):
            raise RuleError(path.name, "file", "is not a mapping")
        part = cls(path.name, content, hashlib.sha256(raw).hexdigest())
        part.check_validity(today)
        return part

    def check_validity(self, today: date | None) -> None:
        if not str(self.get("source", str)).strip():
            raise RuleError(self.file, "source", "is empty: say where these rules come from")
        start, end = self.day("valid_from"), self.day("valid_to")
        if start is None:
            raise RuleError(self.file, "valid_from", "is missing")
        if end is not None and end < start:
            raise RuleError(self.file, "valid_to", "lies before valid_from")
        if today is not None and (today < start or (end is not None and today > end)):
            raise RuleError(self.file, "valid_from", f"not valid on {today}")

    def day(self, cell: str) -> date | None:
        value = self.content.get(cell)
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError as error:
                raise RuleError(self.file, cell, f"{value} is not a date") from error
        if value is not None and not isinstance(value, date):
            raise RuleError(self.file, cell, f"{value} is not a date")
        return value

    def get(self, path: str, kind: type[Any] | tuple[type[Any], ...], within: Any = None) -> Any:
        """The cell `path` ("a.b"), of a type. Raises `RuleError`."""
        value = self.content if within is None else within
        for name in path.split("."):
            if not isinstance(value, dict) or name not in value:
                raise RuleError(self.file, path, "is missing")
            value = value[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            raise RuleError(self.file, path, f"{value!r} has the wrong type")
        return value

    def whole(self, path: str, low: int, high: int, within: Any = None) -> int:
        value: int = self.get(path, int, within)
        if not low <= value <= high:
            raise RuleError(self.file, path, f"{value} is not between {low} and {high}")
        return value

    def choice(self, cell: str, value: Any, allowed: Sequence[str]) -> str:
        if value not in allowed:
            raise RuleError(self.file, cell, f"{value!r} is not one of {', '.join(allowed)}")
        return str(value)

    def texts(self, path: str, within: Any = None) -> tuple[str, ...]:
        values = self.get(path, list, within)
        bad = [v for v in values if not isinstance(v, str) or not v.strip()]
        if bad:
            raise RuleError(self.file, path, f"{bad[0]!r} is not text; put it in quotes")
        return tuple(values)

    def by_language(self, path: str, within: Any = None) -> dict[str, str]:
        """A text for people, in both languages."""
        return {language: self.get(f"{path}.{language}", str, within) for language in ("zh", "en")}

    def table(self, specs: Sequence[TableSpec]) -> DecisionTable:
        for cell in ("nodes", "edges"):
            self.get(cell, list)
        return DecisionTable(self.file, self.content, specs)

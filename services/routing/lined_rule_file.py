"""A rule file whose errors name the line: YAML where each mapping knows the line that it begins on."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from services.routing.decision_table import RuleError
from services.routing.rule_file import RuleFile

LINE = "__line__"

_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Lined(_FAST):  # type: ignore[misc]
    """Each mapping knows the line that it begins on."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        twice = [key for key, _ in node.value if names.count(key.value) > 1]
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"{twice[-1].value!r} stands twice", twice[-1].start_mark
            )
        return {**super().construct_mapping(node, deep), LINE: node.start_mark.line + 1}


class LinedRuleFile(RuleFile):
    """A YAML file: an error names the line of the mapping that is wrong."""

    @staticmethod
    def open(path: Path, today: date | None) -> "LinedRuleFile":
        try:
            raw = path.read_bytes()
            content = yaml.load(raw, Loader=_Lined)  # noqa: S506 a safe loader
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise RuleError(path.name, "file", f"can't be read: {error}") from error
        if not isinstance(content, dict):
            raise RuleError(path.name, "file", "is not a mapping")
        part = LinedRuleFile(path.name, content, hashlib.sha256(raw).hexdigest())
        part.check_validity(today)
        return part

    def row(self, row: Any) -> RuleFile:
        """The same file, with the line of `row` in its errors."""
        if not isinstance(row, dict):
            raise RuleError(self.file, "entries", f"{row!r} is not a mapping")
        return RuleFile(f"{self.file}:{row[LINE]}", row, self.digest)

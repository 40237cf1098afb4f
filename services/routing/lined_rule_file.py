"""A rule file whose errors name the line: YAML where each mapping knows the line that it begins on."""

from typing import Any, ClassVar

import yaml

from services.routing.decision_table import RuleError
from services.routing.rule_file import RuleFile

LINE = "__line__"


class _Lined(RuleFile.loader):  # type: ignore[misc]
    """Each mapping knows the line that it begins on."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        return {**super().construct_mapping(node, deep), LINE: node.start_mark.line + 1}


class LinedRuleFile(RuleFile):
    """A YAML file: an error names the line of the mapping that is wrong."""

    loader: ClassVar[Any] = _Lined

    def row(self, row: Any) -> RuleFile:
        """The same file, with the line of `row` in its errors."""
        if not isinstance(row, dict):
            raise RuleError(self.file, "entries", f"{row!r} is not a mapping")
        return RuleFile(f"{self.file}:{row[LINE]}", row, self.digest)

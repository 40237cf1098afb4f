"""YAML read fast, and on which line of it a cell stands, so that an error in a rule file names it."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

Place = tuple[str, ...]
_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, which reads ten times as fast: services read some thousand lines at their start."""


class Loader(_SAFE):  # type: ignore[misc] # which of the two it is shows when it runs
    """A key that stands twice is a slip of the pen, of which YAML would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    raise yaml.MarkedYAMLError(problem=f"{key.value} stands there twice", problem_mark=key.start_mark)
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)


def parsed(text: str | bytes) -> Any:
    """What the document says. Raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=Loader)  # noqa: S506 - a safe loader


def lines_of(text: str) -> Mapping[Place, int]:
    """The line (from 1) of every place of the document: its keys and, from 0, its indexes, as text. Raises
    `yaml.YAMLError`."""
    node = yaml.compose(text, Loader=Loader)
    return {} if node is None else _lines(node, ())


def line_of(lines: Mapping[Place, int], cell: Iterable[int | str]) -> int:
    """The line of a cell; of one that is missing, that of what it is missing from."""
    place = tuple(map(str, cell))
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _lines(node: yaml.Node, place: Place) -> dict[Place, int]:
    lines = {place: node.start_mark.line + 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines |= _lines(value, (*place, key.value))
            lines[*place, key.value] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines |= _lines(value, (*place, str(index)))
    return lines

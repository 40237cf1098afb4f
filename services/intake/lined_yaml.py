"""YAML that is checked at load, with the line of what is wrong: for the files that an operator edits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)
Place = tuple[str | int, ...]


class RuleFileError(Exception):
    """A rule file can't be used: names file, line and field; correct it and start again."""


def load(file: Path, model: type[M]) -> M:
    """Read and check a rule file. Raises `RuleFileError` with every fault and its line."""
    try:
        text = file.read_text("utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RuleFileError(f"{file}: {_first_line(error)}") from None
    lines = _lines(node) if node is not None else {}
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = [
            f"{file}:{_line_of(lines, e['loc'])}: {'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}"
            for e in error.errors()
        ]
        raise RuleFileError("\n".join(faults)) from None


def _first_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "is not UTF-8 text"
    return f"line {mark.line + 1}: {problem}" if mark else str(problem)


def _lines(node: yaml.Node, place: Place = ()) -> dict[Place, int]:
    """Line of every place in the document."""
    lines = {place: node.start_mark.line + 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines |= _lines(value, (*place, key.value))
            lines[*place, key.value] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines |= _lines(value, (*place, index))
    return lines


def _line_of(lines: Mapping[Place, int], loc: tuple[Any, ...]) -> int:
    """The line of a fault; a field that is missing has that of what it is missing from."""
    place = loc
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)

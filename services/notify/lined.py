"""A rule table whose errors name the line: read like the others, the cell then looked up in the YAML's nodes."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from services.notify.tables import Table, TableError, read_table

T = TypeVar("T", bound=Table)


def read_lined(path: Path, model: type[T], today: date) -> T:
    """Raises `TableError` that begins with file:line."""
    try:
        return read_table(path, model, today)
    except TableError as error:
        cause = error.__cause__
        if not isinstance(cause, ValidationError):
            raise
        line = line_of(path.read_text("utf-8"), cause.errors()[0]["loc"])
        said = str(error).removeprefix(f"{path.name}: ")
        raise TableError(f"{path.name}:{line}: {said}") from error


def line_of(text: str, cell: Sequence[int | str]) -> int:
    """The line (from 1) of a cell, or of the nearest thing around it that stands in the text."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for name in cell:
        found = _inside(node, name)
        if found is None:
            break
        node, line = found
    return line


def _inside(node: yaml.Node | None, name: int | str) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(name):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(name, int) and name < len(node.value):
        return node.value[name], node.value[name].start_mark.line + 1
    return None

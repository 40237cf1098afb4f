"""A rule table whose errors name the line: read like the others, the cell then looked up in the YAML."""

from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from services.notify.tables import Table, TableError, read_table
from shared.yaml_lines import line_of, lines_of

T = TypeVar("T", bound=Table)


def read_lined(path: Path, model: type[T], today: date) -> T:
    """Raises `TableError` that begins with file:line."""
    try:
        return read_table(path, model, today)
    except TableError as error:
        cause = error.__cause__
        if not isinstance(cause, ValidationError):
            raise
        line = line_of(lines_of(path.read_text("utf-8")), cause.errors()[0]["loc"])
        said = str(error).removeprefix(f"{path.name}: ")
        raise TableError(f"{path.name}:{line}: {said}") from error

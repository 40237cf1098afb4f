"""YAML that is checked at load, with the line of what is wrong: for the files that an operator edits."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from shared.yaml_lines import line_of, lines_of, parsed

M = TypeVar("M", bound=BaseModel)


class RuleFileError(Exception):
    """A rule file can't be used: names file, line and field; correct it and start again."""


def load(file: Path, model: type[M]) -> M:
    """Read and check a rule file. Raises `RuleFileError` with every fault and its line."""
    try:
        text = file.read_text("utf-8")
        data = parsed(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RuleFileError(f"{file}: {_first_line(error)}") from None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = lines_of(text)
        faults = [
            f"{file}:{line_of(lines, e['loc'])}: {'.'.join(map(str, e['loc'])) or 'file'}: "
            + e["msg"].removeprefix("Value error, ")
            for e in error.errors()
        ]
        raise RuleFileError("\n".join(faults)) from None


def fault_at(cell: tuple[int | str, ...], message: str) -> ValidationError:
    """For a validator that looks at a whole file: to be raised, so that the cell at fault is named with its line."""
    said = PydanticCustomError("rule", "{message}", {"message": message})
    return ValidationError.from_exception_data("rule file", [InitErrorDetails(type=said, loc=cell, input=None)])


def _first_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "is not UTF-8 text"
    return f"line {mark.line + 1}: {problem}" if mark else str(problem)

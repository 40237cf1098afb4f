"""One cell of a decision table: which values it matches, what it yields, and whether the engine can read it."""

import json
import re
from collections.abc import Sequence

import zen

from services.claims.vocabulary import Choice, Input, LawRefs, Output, Whole, Words

Values = frozenset[object]
_LITERAL = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_NUMBER = re.compile(r"-?\d+")
UNLISTED = "\u0000unlisted"
"""Stands for a value that no cell names, in a column that admits any."""


class BadCell(Exception):
    """The cell means nothing, or nothing that the column can hold."""


def domain(column: Input, cells: Sequence[str]) -> tuple[object, ...]:
    """The values that tell all cells of a column apart: every listed value, or the numbers around each bound."""
    if isinstance(column, Whole):
        bounds = {int(n) for cell in cells for n in _NUMBER.findall(cell)}
        around = {b + d for b in bounds for d in (-1, 0, 1)} | {column.low, column.high}
        return tuple(sorted(n for n in around if column.low <= n <= column.high))
    if column.open:
        named = {a or b for cell in cells for a, b in _LITERAL.findall(cell)}
        return (*sorted(named), UNLISTED)
    return column.values


def matched(cell: str, values: Sequence[object]) -> Values:
    """The values that the cell matches, by the engine's own reading; blank matches all. Raises `BadCell`.

    The engine's validate_unary_expression of version 2.1.3 refuses good cells such as ">= 1" and its
    compiler passes names that were meant as texts, so every cell is tried on every value instead.
    """
    if not cell.strip():
        return frozenset(values)
    _compile(cell)
    hits = set()
    for value in values:
        try:
            hit = zen.evaluate_unary_expression(cell, {"$": value})
        except RuntimeError as error:
            raise BadCell(f"{cell!r} fails for {value!r}: {_reason(error)}") from error
        if hit is True:
            hits.add(value)
    if not hits:
        raise BadCell(f"{cell!r} matches none of the column's values")
    return frozenset(hits)


def _compile(cell: str) -> None:
    try:
        zen.compile_unary_expression(cell)
    except RuntimeError as error:
        raise BadCell(f"{cell!r} is no condition: {_reason(error)}") from error


def yielded(cell: str, column: Output, laws: frozenset[str]) -> object:
    """The constant that an output cell holds, in the column's type. Raises `BadCell`."""
    if not cell.strip():
        raise BadCell("is empty")
    if problem := zen.validate_expression(cell):
        raise BadCell(f"{cell!r} is no expression: {problem['source']}")
    try:
        return typed(zen.evaluate_expression(cell, {}), column, laws)
    except RuntimeError as error:
        raise BadCell(f"{cell!r} fails: {_reason(error)}") from error


def typed(value: object, column: Output, laws: frozenset[str]) -> object:
    """The engine's value as the column's type; the engine gives numbers as floats. Raises `BadCell`."""
    match column:
        case Whole(low, high):
            if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
                raise BadCell(f"{value!r} is not a whole number")
            if not low <= value <= high:
                raise BadCell(f"{value!r} is not between {low} and {high}")
            return int(value)
        case Choice(values):
            if value not in values or isinstance(value, bool) != isinstance(values[0], bool):
                raise BadCell(f"{value!r} is none of {', '.join(map(str, values))}")
            return value
        case LawRefs():
            if not isinstance(value, list) or not value:
                raise BadCell("names no law")
            if unknown := [v for v in value if v not in laws]:
                raise BadCell(f"{unknown[0]!r} does not stand in law.yaml")
            return tuple(value)
        case Words():
            if not isinstance(value, str) or not value.strip():
                raise BadCell(f"{value!r} is not a text")
            return value


def _reason(error: RuntimeError) -> str:
    """The engine's message without its stack trace."""
    first = str(error).splitlines()[0]
    try:
        return str(json.loads(first)["source"])
    except (ValueError, KeyError, TypeError):
        return first

"""A decision table in GoRules' format: checked cell by cell when it is loaded, then run by the zen engine."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import zen

from services.claims.rule_error import RuleError
from services.claims.table_cells import BadCell, Values, domain, matched, typed, yielded
from services.claims.vocabulary import Columns

Box = tuple[Values, ...]
"""What a row matches: a set of values for each input column."""


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """`evaluate` gives the outputs of the first row that matches, in the types of the columns."""

    file: str
    columns: Columns
    laws: frozenset[str]
    catch_all: str
    engine: Any

    def evaluate(self, facts: Mapping[str, object]) -> dict[str, Any]:
        """Raises `RuleError` where the engine fails: a checked table does not."""
        try:
            result = self.engine.evaluate("table", dict(facts))["result"]
            return {name: typed(result[name], column, self.laws) for name, column in self.columns.outputs.items()}
        except (RuntimeError, KeyError, BadCell) as error:
            raise RuleError(self.file, "evaluation", str(error).splitlines()[0]) from error


def load_table(file: str, document: Mapping[str, Any], columns: Columns, laws: frozenset[str]) -> DecisionTable:
    """The table of `document`. Raises `RuleError` that names row and column.

    Every cell is tried; a row that can never be reached, a repeated row id, a last row that does not catch
    everything, and a row that the engine reads otherwise than we do (it skips a row whose output fails) are refused.
    """
    content = _content(file, document)
    _check_columns(file, content, columns)
    rows: list[dict[str, str]] = content["rules"]
    _check_ids(file, rows)
    boxes = _boxes(file, rows, columns)
    outputs = [_outputs(file, row, columns, laws) for row in rows]
    if any(rows[-1].get(name, "").strip() for name in columns.inputs):
        raise RuleError(file, f"row {rows[-1]['_id']}", "the last row must catch everything: no conditions")
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"table": dict(document)}}})
    table = DecisionTable(file, columns, laws, rows[-1]["_id"], engine)
    for number, row in enumerate(rows):
        point = witness(boxes[number], boxes[:number])
        if point is None and number < len(rows) - 1:
            raise RuleError(file, f"row {row['_id']}", "never decides: the rows above cover all of it")
        if point is not None:
            found = table.evaluate(dict(zip(columns.inputs, point, strict=True)))
            if found != outputs[number]:
                raise RuleError(file, f"row {row['_id']}", f"the engine skips it and takes row {found['rule']}")
    return table


def witness(box: Box, above: Sequence[Box]) -> tuple[object, ...] | None:
    """A point of `box` that none of the boxes above covers, or None."""
    if not above:
        return tuple(min(values, key=str) for values in box)
    for piece in _without(box, above[0]):
        if (point := witness(piece, above[1:])) is not None:
            return point
    return None


def _without(box: Box, other: Box) -> Iterator[Box]:
    """Disjoint boxes that make up `box` minus `other`."""
    if not all(mine & theirs for mine, theirs in zip(box, other, strict=True)):
        yield box
        return
    for place, (mine, theirs) in enumerate(zip(box, other, strict=True)):
        if rest := mine - theirs:
            inside = tuple(m & t for m, t in zip(box[:place], other[:place], strict=True))
            yield (*inside, rest, *box[place + 1 :])


def _content(file: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    nodes = [n for n in document.get("nodes", []) if n.get("type") == "decisionTableNode"]
    if len(nodes) != 1:
        raise RuleError(file, "nodes", "exactly one decision table is expected")
    content: Mapping[str, Any] = nodes[0].get("content", {})
    if content.get("hitPolicy") != "first":
        raise RuleError(file, "hitPolicy", 'must be "first"')
    if not content.get("rules"):
        raise RuleError(file, "rules", "the table has no rows")
    return content


def _check_columns(file: str, content: Mapping[str, Any], columns: Columns) -> None:
    for side, known in (("inputs", columns.inputs), ("outputs", columns.outputs)):
        fields = [c.get("field") for c in content.get(side, [])]
        if sorted(map(str, fields)) != sorted(known):
            raise RuleError(file, side, f"columns must be {', '.join(known)}; found {', '.join(map(str, fields))}")
        for column in content[side]:
            if column.get("id") != column["field"]:
                raise RuleError(file, f"{side} {column['field']}", "id and field must be the same")


def _check_ids(file: str, rows: Sequence[Mapping[str, str]]) -> None:
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        row_id = row.get("_id", "")
        if not row_id or row_id in seen:
            raise RuleError(file, f"row {row_id or number}", "every row needs an _id of its own")
        seen.add(row_id)


def _boxes(file: str, rows: Sequence[Mapping[str, str]], columns: Columns) -> list[Box]:
    sets: list[list[Values]] = [[] for _ in rows]
    for name, column in columns.inputs.items():
        values = domain(column, [row.get(name, "") for row in rows])
        for number, row in enumerate(rows):
            try:
                sets[number].append(matched(row.get(name, ""), values))
            except BadCell as error:
                raise RuleError(file, f"row {row['_id']}, column {name}", str(error)) from error
    return [tuple(row_sets) for row_sets in sets]


def _outputs(file: str, row: Mapping[str, str], columns: Columns, laws: frozenset[str]) -> dict[str, object]:
    outputs: dict[str, object] = {}
    for name, column in columns.outputs.items():
        try:
            outputs[name] = yielded(row.get(name, ""), column, laws)
        except BadCell as error:
            raise RuleError(file, f"row {row['_id']}, column {name}", str(error)) from error
    if outputs["rule"] != row["_id"]:
        raise RuleError(file, f"row {row['_id']}, column rule", "must repeat the row's _id")
    if unknown := set(row) - {"_id", "_description", *columns.inputs, *columns.outputs}:
        raise RuleError(file, f"row {row['_id']}", f"no such column: {', '.join(sorted(unknown))}")
    return outputs


def read_json(file: str, text: bytes) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise RuleError(file, "", f"is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise RuleError(file, "", "is not a JSON object")
    return document

"""Decision tables (GoRules JSON) behind one function; every cell is tried at load, so none can fail in operation."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import zen

CATCH_ALL = "catch-all"
"""The id of a table's last row; each hit is counted, for an alarm."""

Cell = str | int | bool


class RuleError(ValueError):
    """A rule file can't be used; the message names the file and the cell."""

    def __init__(self, file: str, cell: str, reason: str) -> None:
        super().__init__(f"{file}: {cell}: {reason}")


@dataclass(frozen=True, slots=True)
class Domain:
    """The values that a column may take; a cell must hold for at least one, and an output must be one of them."""

    values: tuple[Cell, ...]

    @staticmethod
    def text(values: Iterable[str]) -> "Domain":
        return Domain(tuple(dict.fromkeys(str(v) for v in values)))

    @staticmethod
    def flag() -> "Domain":
        return Domain((False, True))

    @staticmethod
    def whole(low: int, high: int) -> "Domain":
        return Domain(tuple(range(low, high + 1)))

    def has(self, value: object) -> bool:
        return any(type(v) is type(value) and v == value for v in self.values)


@dataclass(frozen=True, slots=True)
class Whole:
    """An output column of whole numbers from `low` to `high`."""

    low: int
    high: int

    def has(self, value: object) -> bool:
        return type(value) is int and self.low <= value <= self.high


Columns = Mapping[str, Domain]
Outputs = Mapping[str, "Domain | Whole"]


@dataclass(frozen=True, slots=True)
class TableSpec:
    """What one table of a file must have: its input columns and its output columns, each with a domain."""

    name: str
    inputs: Columns
    outputs: Outputs


class DecisionTable:
    """All tables of one file, evaluated together; besides its outputs each gives `<name>_rule`, the row's id."""

    def __init__(self, file: str, content: Mapping[str, Any], specs: Sequence[TableSpec]) -> None:
        """Raises `RuleError` where a cell does not parse, can never hold, or gives what the column may not have."""
        graph = {"nodes": json.loads(json.dumps(content["nodes"])), "edges": content["edges"]}
        nodes = {n["name"]: n["content"] for n in graph["nodes"] if n["type"] == "decisionTableNode"}
        if set(nodes) != {spec.name for spec in specs}:
            raise RuleError(file, "nodes", f"tables {sorted(nodes)} instead of {sorted(s.name for s in specs)}")
        for spec in specs:
            _check(file, spec, nodes[spec.name])
            _name_rows(spec.name, nodes[spec.name])
        self._engine = zen.ZenEngine({"loader": {"type": "static", "content": {file: graph}}})
        self._file = file
        self._specs = tuple(specs)
        self._cache: dict[tuple[Cell, ...], tuple[Mapping[str, Any], tuple[str, ...]]] = {}
        self.catch_alls: Counter[str] = Counter()

    def __call__(self, **facts: Cell) -> Mapping[str, Any]:
        """The outputs for these facts. Same facts, same outputs: remembered."""
        key = tuple(facts.values())
        known = self._cache.get(key)
        if known is None:
            known = self._cache[key] = self._evaluated(facts)
        found, catch_alls = known
        for table in catch_alls:
            self.catch_alls[table] += 1
        return found

    def _evaluated(self, facts: Mapping[str, Cell]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """The outputs, and the tables of which no row but the last one fitted."""
        found = self._engine.evaluate(self._file, dict(facts))["result"]
        return found, tuple(s.name for s in self._specs if found[f"{s.name}_rule"] == CATCH_ALL)


def _check(file: str, spec: TableSpec, table: Mapping[str, Any]) -> None:
    inputs = {c["id"]: c["field"] for c in table["inputs"]}
    outputs = {c["id"]: c["field"] for c in table["outputs"]}
    if set(inputs.values()) != set(spec.inputs) or set(outputs.values()) != set(spec.outputs):
        raise RuleError(file, spec.name, f"columns must be {[*spec.inputs, *spec.outputs]}")
    rows = table["rules"]
    if table["hitPolicy"] != "first" or not rows:
        raise RuleError(file, spec.name, "hit policy must be first, and there must be rows")
    ids = [row.get("_id") for row in rows]
    if len(set(ids)) != len(ids) or not all(ids):
        raise RuleError(file, spec.name, "each row needs an _id of its own")
    for row in rows:
        where = f"{spec.name}/{row['_id']}"
        for column, field in inputs.items():
            _check_condition(file, f"{where}/{field}", row.get(column, ""), spec.inputs[field])
        for column, field in outputs.items():
            _check_output(file, f"{where}/{field}", row.get(column, ""), spec.outputs[field])
    _check_reach(file, spec, inputs, rows)
    bare = [row["_id"] for row in rows if not any(row.get(c, "").strip() for c in inputs)]
    if bare != [CATCH_ALL] or ids[-1] != CATCH_ALL:
        raise RuleError(file, spec.name, f"the last row, and only it, must be without conditions: {CATCH_ALL}")


def _check_condition(file: str, where: str, cell: str, domain: Domain) -> None:
    """An empty cell always holds. One that holds for no known value is a slip of the pen."""
    if not cell.strip():
        return
    held = [_run(file, where, zen.evaluate_unary_expression, cell, {"$": v}) for v in domain.values]
    if not any(held):
        raise RuleError(file, where, f"{cell} holds for none of the known values")


def _check_reach(file: str, spec: TableSpec, inputs: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> None:
    """A row that one above it always takes the cases from contradicts it, or stands there for nothing."""
    reaches: list[tuple[str, dict[str, frozenset[Cell]]]] = []
    for row in rows:
        own = {field: _holds(file, row.get(column, ""), spec.inputs[field]) for column, field in inputs.items()}
        for above, wider in reaches:
            if all(own[field] <= wider[field] for field in own):
                raise RuleError(file, f"{spec.name}/{row['_id']}", f"is never reached: {above} stands above it")
        reaches.append((row["_id"], own))


def _holds(file: str, cell: str, domain: Domain) -> frozenset[Cell]:
    """The known values for which a condition holds."""
    if not cell.strip():
        return frozenset(domain.values)
    return frozenset(v for v in domain.values if _run(file, cell, zen.evaluate_unary_expression, cell, {"$": v}))


def _check_output(file: str, where: str, cell: str, domain: "Domain | Whole") -> None:
    if not cell.strip():
        raise RuleError(file, where, "is empty")
    value = _run(file, where, zen.evaluate_expression, cell, {})
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not domain.has(value):
        raise RuleError(file, where, f"{cell} is not among the allowed values")


def _run(file: str, where: str, evaluate: Callable[..., Any], cell: str, context: dict[str, Any]) -> Any:
    try:
        return evaluate(cell, context)
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        raise RuleError(file, where, f"{cell} can't be evaluated: {reason}") from error


def _name_rows(name: str, table: dict[str, Any]) -> None:
    column = f"{name}_rule"
    table["outputs"].append({"id": column, "field": column, "name": column})
    for row in table["rules"]:
        row[column] = json.dumps(row["_id"])

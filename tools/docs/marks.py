"""Which tests name which requirement: read from the marks `pytest.mark.req(...)` without importing a test."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Proof:
    """A test, by its file and name, and a requirement that it names."""

    file: Path
    test: str
    requirement: str


def in_folder(folder: Path) -> list[Proof]:
    """Every mark of every test below `folder`."""
    files = sorted(folder.rglob("test_*.py"))
    return sorted(proof for file in files for proof in in_source(file.read_text("utf-8"), file))


def in_source(source: str, file: Path) -> Iterator[Proof]:
    """The marks of one module: its `pytestmark`, its classes' and its functions'."""
    module = ast.parse(source, str(file))
    yield from _in_body(module.body, file, _pytestmark(module.body), "")


def _in_body(body: Sequence[ast.stmt], file: Path, inherited: frozenset[str], prefix: str) -> Iterator[Proof]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            ids = inherited | _ids(node.decorator_list) | _pytestmark(node.body)
            yield from _in_body(node.body, file, ids, f"{prefix}{node.name}::")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            for requirement in sorted(inherited | _ids(node.decorator_list)):
                yield Proof(file, prefix + node.name, requirement)


def _pytestmark(body: Sequence[ast.stmt]) -> frozenset[str]:
    values = [
        node.value
        for node in body
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets)
    ]
    return _ids(values)


def _ids(expressions: Sequence[ast.expr]) -> frozenset[str]:
    """The string arguments of every `….mark.req(…)` inside, also in the marks of single parameters."""
    return frozenset(
        argument.value
        for expression in expressions
        for call in ast.walk(expression)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "req"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    )

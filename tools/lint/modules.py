"""The modules of the project and what each imports, read without running anything."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Module:
    """`name` dotted; `imports` dotted names with the line of each, those for type checkers left out."""

    name: str
    path: Path
    tree: ast.Module
    imports: tuple[tuple[str, int], ...]

    @property
    def package(self) -> str:
        """The first two parts: services.claims, shared.messaging."""
        return ".".join(self.name.split(".")[:2])

    @property
    def inner(self) -> str:
        """The name inside its service: store, adapters.web."""
        return ".".join(self.name.split(".")[2:])


def modules(root: Path, folder: str) -> list[Module]:
    return [module_of(path, root) for path in sorted((root / folder).rglob("*.py"))]


def module_of(path: Path, root: Path) -> Module:
    parts = path.relative_to(root).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    tree = ast.parse(path.read_text("utf-8"), str(path))
    return Module(name, path, tree, tuple(_imports(tree)))


def _imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        else:
            yield from _imports(node)

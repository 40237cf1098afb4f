"""The generated documents are those of the code as it stands (SY-7)."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.contracts import topics
from shared.contracts.topics import TOPICS
from tools.docs.flows import EVERYBODY, FLOWS
from tools.docs.generate import generate
from tools.docs.openapi import routes_of
from tools.docs.paths import ASYNCAPI, OPENAPI, ROOT, SERVICES

pytestmark = pytest.mark.req("SY-7")

CONSTANTS = {name: value for name, value in vars(topics).items() if isinstance(value, topics.Topic)}


def test_documents_are_up_to_date() -> None:
    stale = [str(path.relative_to(ROOT)) for path in generate().stale()]
    assert stale == [], "run `python -m tools.docs`"


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolves(reference: str, root: Any) -> bool:
    for part in reference.removeprefix("#/").split("/"):
        if not isinstance(root, dict) or part not in root:
            return False
        root = root[part]
    return True


@pytest.mark.parametrize("path", [ASYNCAPI, *(OPENAPI / f"{s}.json" for s in SERVICES)], ids=lambda p: p.stem)
def test_references_resolve(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    dangling = sorted({r for r in references(document) if not resolves(r, document)})
    assert dangling == []


def test_every_topic_has_a_flow() -> None:
    assert [flow.topic.name for flow in FLOWS] == [topic.name for topic in TOPICS]


def used_topics(service: str) -> set[str]:
    """Topics whose constants a service's modules name."""
    names: set[str] = set()
    for path in (ROOT / "services" / service).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "shared.contracts.topics":
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "topics":
                names.add(node.attr)
    return {CONSTANTS[name].name for name in names if name in CONSTANTS}


@pytest.mark.parametrize("service", EVERYBODY)
def test_flows_are_those_of_the_code(service: str) -> None:
    """Dead letters are written by the loop that all services share."""
    declared = {
        flow.topic.name
        for flow in FLOWS
        if service in flow.readers or (service in flow.writers and flow.topic is not topics.DEAD_LETTERS)
    }
    assert used_topics(service) == declared


def served_paths(service: str) -> set[str]:
    """Paths of the Starlette routes that a service's modules build, as they are written there."""
    found: set[str] = set()
    for path in (ROOT / "services" / service).rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        texts = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Route" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
                elif isinstance(first, ast.Name) and first.id in texts:
                    found.add(str(texts[first.id]))
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_that_is_served_is_described(service: str) -> None:
    plain = re.compile(r"{(\w+):\w+}")
    described = {plain.sub(r"{\1}", route.path) for route in routes_of(service)}
    served = {plain.sub(r"{\1}", path) for path in served_paths(service)}
    covered = {path for path in served if any(re.fullmatch(as_pattern(path), d) for d in described)}
    assert served - covered == set()


def as_pattern(path: str) -> str:
    """`/v1/claims/{id}/{act}` covers the acts that are described one by one."""
    return re.sub(r"\\{\w+\\}", r"[^/]+", re.escape(path))

"""The arrows of the architecture hold, and the check would see it if they did not (SY-1)."""

from pathlib import Path

import pytest

from tools.lint import arrows
from tools.lint.modules import module_of

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.req("SY-1")


def test_imports_follow_the_arrows() -> None:
    assert arrows.problems(ROOT) == []


def checked(tmp_path: Path, where: str, source: str) -> list[str]:
    """What the check says of one file in an otherwise empty project."""
    file = tmp_path / where
    file.parent.mkdir(parents=True)
    file.write_text(source)
    return [problem.partition(": ")[2] for problem in arrows.problems(tmp_path)]


@pytest.mark.parametrize(
    ("where", "source", "says"),
    [
        ("shared/clock.py", "from services.claims import store", "shared never imports services"),
        ("shared/contracts/cases.py", "from shared.settings import CommonSettings", "contracts import nothing of ours"),
        ("services/claims/liability.py", "from services.routing import case", "services never import each other"),
        ("services/claims/store.py", "from motor.motor_asyncio import AsyncIOMotorClient", "only shared/mongo.py"),
        ("services/claims/handlers.py", "import aiokafka", "handlers know no aiokafka"),
        ("services/claims/handlers.py", "from pymongo.errors import PyMongoError", "handlers know no pymongo"),
        ("services/claims/liability.py", "from services.claims.store import ClaimStore", "liability is pure"),
        ("services/claims/liability.py", "from services.claims import store", "liability is pure"),
        ("services/claims/liability.py", "def f():\n    import httpx", "liability is pure: it can't import httpx"),
        ("services/claims/liability.py", "import time", "liability is pure: it can't import time"),
        ("services/claims/liability.py", "from random import choice", "liability is pure: it can't import random"),
        ("services/claims/liability.py", "from shared.mongo import Database", "liability is pure"),
        ("services/claims/liability.py", "x = datetime.now(UTC)", "`now` is passed in"),
        ("services/claims/liability.py", "x = uuid.uuid4()", "`now` is passed in"),
        ("services/routing/parcels/fold.py", "from services.routing.parcels.wiring import x", "parcels.fold is pure"),
        ("services/claims/api.py", "from tools.stack import Stack", "a service never imports tools"),
    ],
)
def test_a_wrong_import_is_found(tmp_path: Path, where: str, source: str, says: str) -> None:
    problems = checked(tmp_path, where, source)
    assert len(problems) == 1
    assert says in problems[0]


@pytest.mark.parametrize(
    ("where", "source"),
    [
        ("services/claims/liability.py", "from shared.contracts.claims import Claim\nfrom datetime import datetime"),
        ("services/claims/liability.py", "from services.claims.amount import award"),
        ("services/claims/liability.py", "from shared.messaging.outcome import Done"),
        ("services/claims/store.py", "from pymongo import UpdateOne\nfrom shared.mongo import Database"),
        ("services/claims/payments.py", "import httpx"),
        (
            "services/claims/liability.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from services.claims.store import ClaimStore",
        ),
    ],
)
def test_a_right_import_is_left_alone(tmp_path: Path, where: str, source: str) -> None:
    assert checked(tmp_path, where, source) == []


def test_edges_that_are_listed_exist() -> None:
    """A module that was renamed or became pure is taken off the list."""
    for service, listed in arrows.EDGES.items():
        for inner in listed | arrows.LOADED[service]:
            assert (ROOT / "services" / service / f"{inner.replace('.', '/')}.py").exists(), f"{service}.{inner}"


def test_names_of_modules(tmp_path: Path) -> None:
    file = tmp_path / "services" / "routing" / "parcels" / "__init__.py"
    file.parent.mkdir(parents=True)
    file.write_text("from a.b import c, d\nimport e.f")
    module = module_of(file, tmp_path)
    assert (module.name, module.package, module.inner) == ("services.routing.parcels", "services.routing", "parcels")
    assert [name for name, _ in module.imports] == ["a.b.c", "a.b.d", "e.f"]

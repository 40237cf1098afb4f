"""A claim without a test is refused, and so is a test of nothing known (SY-7)."""

from pathlib import Path

import pytest

from tools.docs.features import page
from tools.docs.marks import Proof, in_source
from tools.docs.paths import ROOT
from tools.docs.requirements import Area, Catalogue, CatalogueError, Row, Status, load, proofs

pytestmark = pytest.mark.req("SY-7")

SOURCE = """
import pytest
pytestmark = [pytest.mark.req("IN-1"), pytest.mark.slow]
def test_plain(): ...
@pytest.mark.req("CL-4", "CL-5")
async def test_more(): ...
@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.req("RO-2"))])
def test_parameters(x): ...
def helper(): ...
@pytest.mark.req("SY-2")
class TestGroup:
    pytestmark = pytest.mark.req("SY-3")
    @pytest.mark.req("SY-4")
    def test_inside(self): ...
"""
FILE = Path("tests/test_x.py")


def test_marks_are_read_from_everywhere_they_can_stand() -> None:
    found: dict[str, set[str]] = {}
    for proof in in_source(SOURCE, FILE):
        found.setdefault(proof.test, set()).add(proof.requirement)
    assert found == {
        "test_plain": {"IN-1"},
        "test_more": {"IN-1", "CL-4", "CL-5"},
        "test_parameters": {"IN-1", "RO-2"},
        "TestGroup::test_inside": {"IN-1", "SY-2", "SY-3", "SY-4"},
    }


def row(status: Status, where: tuple[str, ...] = ("shared",), missing: str = "") -> Row:
    return Row(id="IN-1", title="Channels", status=status, where=where, missing=missing)


def catalogue(only: Row) -> Catalogue:
    return Catalogue(areas=(Area(area="Intake", rows=(only,)),))


PROOF = Proof(ROOT / "tests" / "test_x.py", "test_plain", "IN-1")


@pytest.mark.parametrize(
    ("only", "marks", "says"),
    [
        (row(Status.WORKS), [], "no test names it"),
        (row(Status.PARTLY, missing="mail"), [], "no test names it"),
        (row(Status.PARTLY), [PROOF], "does not say what is missing"),
        (row(Status.WORKS, where=()), [PROOF], "does not say where"),
        (row(Status.WORKS, where=("no/such/place",)), [PROOF], "no/such/place does not exist"),
        (
            row(Status.NOT_YET),
            [Proof(PROOF.file, "test_plain", "IN-77")],
            "test_x.py::test_plain names IN-77, which is not in the catalogue",
        ),
    ],
)
def test_contradictions_are_refused(only: Row, marks: list[Proof], says: str) -> None:
    with pytest.raises(CatalogueError, match=says):
        proofs(catalogue(only), marks, ROOT)


def test_the_page_shows_status_place_and_tests() -> None:
    shown = catalogue(row(Status.PARTLY, missing="mail"))
    text = page(shown, proofs(shown, [PROOF], ROOT))
    assert (
        "| IN-1 | Channels. *Missing: mail* | 🟡 partly | [shared](../shared) | [test_x.py](../tests/test_x.py) |"
        in text
    )


def test_an_id_stands_once(tmp_path: Path) -> None:
    rows = "\n".join("  - {id: IN-1, title: Channels, status: not yet}" for _ in range(2))
    (tmp_path / "r.yaml").write_text(f"areas:\n- area: Intake\n  rows:\n{rows}\n")
    with pytest.raises(CatalogueError, match="IN-1 stands there twice"):
        load(tmp_path / "r.yaml")

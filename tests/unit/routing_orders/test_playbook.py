"""The playbook is complete, says what it says in both languages, and a wrong cell is named by file and line (RO-10)."""

import shutil
from pathlib import Path

import pytest

from services.routing import playbook_file, rule_files
from services.routing.decision_table import RuleError
from services.routing.playbook import LANGUAGES, Entry
from services.routing.workorders import order_file
from shared.contracts.parcels import ExceptionKind, Fault, Node
from tests.unit.routing.builders import opened, parcel

pytestmark = pytest.mark.req("RO-10")
BOOK = playbook_file.load(rule_files.DIRECTORY / "playbook")


@pytest.mark.parametrize("node", Node)
def test_every_node_has_its_main_symptoms(node: Node) -> None:
    assert len(BOOK.at(node)) >= 4
    assert BOOK.advice(node, "no_movement" if node not in (Node.HELD, Node.SIGNED) else "not_received").node is node


@pytest.mark.parametrize("entry", BOOK.entries, ids=lambda e: f"{e.node or 'any'}-{e.symptom}")
def test_every_entry_speaks_both_languages(entry: Entry) -> None:
    for language in LANGUAGES:
        answer, speech = BOOK.answer(entry, language), BOOK.speech(entry, language)
        assert "{" not in answer + speech
        assert entry.time(language) in answer
        assert entry.time(language) in speech
        assert any("\u4e00" <= letter <= "\u9fff" for letter in answer) == (language == "zh")


@pytest.mark.parametrize(
    ("node", "symptom", "found"),
    [
        (Node.HUB_IN, "lost", (Node.HUB_IN, "lost")),
        (Node.HUB_IN, "fee", (None, "fee")),
        (None, "damaged", (None, "damaged")),
        (Node.SIGNED, "unheard of", (None, "other")),
    ],
)
def test_the_way_back_to_a_more_general_entry(node: Node | None, symptom: str, found: tuple[Node | None, str]) -> None:
    entry = BOOK.advice(node, symptom)
    assert (entry.node, entry.symptom) == found


@pytest.mark.parametrize(
    ("tags", "exception", "symptom"),
    [
        (("delay",), None, "no_movement"),
        (("attitude", "loss"), None, "attitude"),
        (("delay",), ExceptionKind.LOSS, "lost"),
        (("praise",), None, "other"),
        ((), ExceptionKind.WRONG_SIGN, "not_received"),
    ],
)
def test_what_tags_and_exception_mean(tags: tuple[str, ...], exception: ExceptionKind | None, symptom: str) -> None:
    assert BOOK.symptom_of(tags, exception) == symptom


def test_every_exception_of_a_parcel_is_a_symptom() -> None:
    assert {kind for symptom in BOOK.symptoms.values() for kind in symptom.exceptions} == set(ExceptionKind)


def test_a_case_that_the_weather_delays_gets_the_advice_for_weather() -> None:
    case = opened("快递到哪了").case
    late = {"parcel": parcel(), "exception_kind": ExceptionKind.DELAY}
    assert BOOK.for_case(case.model_copy(update=late)).symptom == "no_movement"
    stormy = case.model_copy(update={**late, "exception_fault": Fault.WEATHER})
    assert (BOOK.for_case(stormy).node, BOOK.for_case(stormy).symptom) == (Node.HUB_IN, "weather")


WRONG = [
    ("04_hub_in.yaml", "  - symptom: lost", "  - symptom: damaged", "04_hub_in.yaml:", "stands in 04_hub_in.yaml:"),
    ("04_hub_in.yaml", "  - symptom: lost", "  - symptom: fee", "lists.yaml", "no entry for hub_in/lost"),
    ("lists.yaml", "sorted: [no_movement, lost", "sorted: [no_movement, fee, lost", "lists.yaml", "sorted/fee"),
    ("lists.yaml", "sorted: [no_movement, lost", "sorted: [no_movement", "05_sorted.yaml:", "does not list lost"),
    ("02_picked_up.yaml", "department: cold", "department: heaven", "02_picked_up.yaml:", "'heaven' is not one of"),
    ("02_picked_up.yaml", "partner: courier", "partner: stork", "02_picked_up.yaml:", "'stork' is not one of"),
    ("12_signed.yaml", "{who}", "{whom}", "12_signed.yaml:", "no such variable: whom"),
    ("12_signed.yaml", "{time}答复您；找", "答复您；找", "12_signed.yaml:", "different variables"),
    ("12_signed.yaml", "hours: 2\n", "hours: 0\n", "12_signed.yaml:", "0 is not between"),
    (
        "12_signed.yaml",
        "en: [Call the courier at once for signer and place, ",
        "en: [",
        "12_signed.yaml:",
        "one for each",
    ),
    (
        "lists.yaml",
        "{zh: 分拨中心, en: the sorting hub}",
        "{zh: 分拨中心}",
        "lists.yaml:",
        "title.en: is missing",
    ),
    ("lists.yaml", "  other: {title", "  others: {title", "00_any.yaml:", "'other' is not one of"),
    ("12_signed.yaml", "valid_from: 2026-01-01", "valid_from: soon", "12_signed.yaml", "not a date"),
    ("12_signed.yaml", " / customer problem", "; customer problem", "12_signed.yaml: source", "Chinese / English"),
    ("12_signed.yaml", "entries:", "entries:\n  - nonsense", "12_signed.yaml", "is not a mapping"),
]


@pytest.mark.parametrize(("file", "old", "new", "where", "says"), WRONG, ids=lambda v: str(v)[:24])
def test_what_is_wrong_is_named(tmp_path: Path, file: str, old: str, new: str, where: str, says: str) -> None:
    book = shutil.copytree(rule_files.DIRECTORY / "playbook", tmp_path / "playbook")
    text = (book / file).read_text()
    assert old in text
    (book / file).write_text(text.replace(old, new, 1))
    with pytest.raises(RuleError) as error:
        playbook_file.load(book)
    assert where in str(error.value)
    assert says in str(error.value)


def test_a_line_is_the_line_of_the_entry(tmp_path: Path) -> None:
    book = shutil.copytree(rule_files.DIRECTORY / "playbook", tmp_path / "playbook")
    text = (book / "06_linehaul_out.yaml").read_text().replace("department: cold", "department: ice", 1)
    (book / "06_linehaul_out.yaml").write_text(text)
    before = text[: text.index("department: ice")]
    begins = before[: before.rindex("- symptom")].count("\n") + 1
    with pytest.raises(RuleError, match=f"06_linehaul_out.yaml:{begins}:"):
        playbook_file.load(book)


@pytest.mark.req("RO-9")
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  trace:  ", "  traces:  ", "'trace' is no kind"),
        ("required: [problem, progress, support, tracking]", "required: [problem, amount]", "requires amount|no field"),
        ("optional: [last_place", "optional: [problem, last_place", "stands twice"),
        ("hours: 24", "hours: 0", "0 is not between"),
        ("optional: [last_place, carrier", "optional: [shoe_size, carrier", "'shoe_size' is not one of"),
    ],
)
def test_a_wrong_kind_of_work_order_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = (rule_files.DIRECTORY / order_file.FILE).read_text()
    assert old in text
    (tmp_path / order_file.FILE).write_text(text.replace(old, new, 1))
    with pytest.raises(RuleError, match=says):
        order_file.load(tmp_path, BOOK)

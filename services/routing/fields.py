"""The mandatory fields of a case: filled from contacts, asked for once and once more, never waited for (IN-7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.routing.decision_table import RuleError
from services.routing.draft import Draft
from services.routing.life import is_over
from services.routing.rule_file import RuleFile
from shared.contracts.cases import Case, CaseField, CaseKind, FieldsFilled, FieldsRequested
from shared.contracts.interactions import Interaction

ALL = tuple(CaseField)


@dataclass(frozen=True, slots=True)
class Mandatory:
    """A row: the fields of a kind of case; with `tags`, only where the case has one of them."""

    kind: CaseKind
    tags: frozenset[str]
    fields: tuple[CaseField, ...]

    def fits(self, case: Case) -> bool:
        found = case.classification
        return found.kind is self.kind and (not self.tags or not self.tags.isdisjoint(found.tags))


@dataclass(frozen=True, slots=True)
class FieldRules:
    """rules/fields.yaml."""

    rows: tuple[Mandatory, ...]
    times: int
    again_after: timedelta

    def missing(self, case: Case) -> tuple[CaseField, ...]:
        """Mandatory and unknown, in the order of the row."""
        row = next((row for row in self.rows if row.fits(case)), None)
        return tuple(field for field in row.fields if getattr(case, field.value) is None) if row else ()


def take(draft: Draft, contact: Interaction) -> None:
    """What the contact says into the fields that are empty."""
    case = draft.case
    said = {field: getattr(contact, field.value) for field in ALL if getattr(case, field.value) is None}
    known = {field: value for field, value in said.items() if value is not None}
    if known:
        draft.set(**{field.value: value for field, value in known.items()})
    if case.missing_fields and (answered := tuple(f for f in case.missing_fields if f in known)):
        draft.note(FieldsFilled(fields=answered))


def settle(draft: Draft, rules: FieldRules, at: datetime) -> None:
    """After every change: the node of a known exception, what is missing, and the first question for it."""
    case = draft.case
    if case.exception_node is None and case.exception_id is not None and case.parcel is not None:
        draft.set(exception_node=case.parcel.node)
    missing = rules.missing(draft.case)
    if missing != case.missing_fields:
        draft.set(missing_fields=missing)
    if missing and case.fields_asked == 0 and _may_ask(draft.case):
        ask(draft, at)


def next_ask(case: Case, rules: FieldRules) -> datetime | None:
    """When the customer is asked once more."""
    if not case.missing_fields or case.fields_asked_at is None or not _may_ask(case):
        return None
    return case.fields_asked_at + rules.again_after if 0 < case.fields_asked < rules.times else None


def ask(draft: Draft, at: datetime) -> None:
    draft.set(fields_asked=draft.case.fields_asked + 1, fields_asked_at=at)
    draft.note(FieldsRequested(missing=draft.case.missing_fields))


def _may_ask(case: Case) -> bool:
    """Not of a case that nobody wrote about, nor once it is solved or a person has answered: people ask themselves."""
    return case.contacts > 0 and not is_over(case) and case.first_response_at is None


def read(part: RuleFile, tags: Sequence[str]) -> FieldRules:
    """Raises `RuleError`, which names the row."""
    rows = []
    for at, row in enumerate(part.get("fields", list)):
        where = f"fields[{at}]"
        if not isinstance(row, dict) or row.keys() - {"kind", "tags", "mandatory"}:
            raise RuleError(part.file, where, "must have kind, mandatory and perhaps tags, and nothing else")
        kind = CaseKind(part.choice(f"{where}.kind", row.get("kind"), [k.value for k in CaseKind]))
        wanted = [part.choice(f"{where}.mandatory", v, [f.value for f in ALL]) for v in part.texts("mandatory", row)]
        of = [part.choice(f"{where}.tags", v, tags) for v in part.texts("tags", row)] if "tags" in row else []
        if not wanted or len(set(wanted)) < len(wanted):
            raise RuleError(part.file, f"{where}.mandatory", "is empty or names a field twice")
        rows.append(Mandatory(kind, frozenset(of), tuple(map(CaseField, wanted))))
    hours = part.whole("ask.again_after_hours", 1, 24 * 30)
    return FieldRules(tuple(rows), part.whole("ask.times", 0, 5), timedelta(hours=hours))

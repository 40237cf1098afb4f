"""work_orders.yaml: kinds, hand-over templates and time limits, checked against the playbook's lists (RO-9)."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from services.routing.decision_table import RuleError
from services.routing.playbook import Book, Entry
from services.routing.rule_file import RuleFile
from services.routing.workorders.kinds import AnswerForm, OrderKind, OrderRules

FILE = "work_orders.yaml"


def load(directory: Path, book: Book, today: date | None = None) -> OrderRules:
    """Raises `RuleError`, also where the playbook uses a kind that this file does not have."""
    part = RuleFile.read(directory / FILE, today)
    fields = {name: part.by_language(name, part.get("fields", dict)) for name in part.get("fields", dict)}
    choices = {name: _choices(part, name) for name, row in part.get("fields", dict).items() if "choices" in row}
    times = [part.choice("times", name, list(fields)) for name in part.texts("times")]
    kinds = {name: _kind(part, name, fields) for name in part.get("kinds", dict)}
    for entry in book.entries:
        _check(entry, kinds, fields)
    return OrderRules(
        version=part.digest[:8],
        kinds=kinds,
        fields=fields,
        departments=frozenset(book.departments),
        partners=frozenset(book.partners),
        link_hours=part.whole("link_hours", 1, 24 * 60),
        remind_percent=part.whole("remind_percent", 1, 99),
        choices=choices,
        times=frozenset(times),
    )


def _check(entry: Entry, kinds: Mapping[str, OrderKind], fields: Mapping[str, Mapping[str, str]]) -> None:
    """The hand-over of an entry fits the template of its kind, and asks for all that the template requires."""
    where = f"playbook/{entry.file}:{entry.line}"
    if unknown := set(entry.handover) - set(fields):
        raise RuleError(where, "handover", f"no such field in {FILE}: {', '.join(sorted(unknown))}")
    if entry.order is None:
        return
    if entry.order not in kinds:
        raise RuleError(where, "order", f"{entry.order!r} is no kind of {FILE}")
    kind = kinds[entry.order]
    if beyond := set(entry.handover) - set(kind.fields):
        raise RuleError(where, "handover", f"{kind.name} has no field {', '.join(sorted(beyond))}")
    if lacking := set(kind.required) - set(entry.handover):
        raise RuleError(where, "handover", f"{kind.name} requires {', '.join(sorted(lacking))}")


def _kind(part: RuleFile, name: str, fields: dict[str, dict[str, str]]) -> OrderKind:
    row = part.get(f"kinds.{name}", dict)
    required, optional = part.texts("required", row), part.texts("optional", row)
    for field in (*required, *optional):
        part.choice(f"kinds.{name}", field, list(fields))
    if len({*required, *optional}) != len(required) + len(optional):
        raise RuleError(part.file, f"kinds.{name}", "a field stands twice")
    if not required:
        raise RuleError(part.file, f"kinds.{name}.required", "is empty: say at least what the problem is")
    title = part.by_language("title", row)
    form = _form(part, name, row["answer"], fields) if "answer" in row else AnswerForm()
    return OrderKind(name, title, part.whole("hours", 1, 24 * 60, row), required, optional, form)


def _form(part: RuleFile, kind: str, row: Any, fields: Mapping[str, Mapping[str, str]]) -> AnswerForm:
    where = f"kinds.{kind}.answer"
    if not isinstance(row, dict) or row.keys() - {"required", "optional", "one_of"}:
        raise RuleError(part.file, where, "has required, optional and one_of, and nothing else")
    lists = {name: part.texts(name, row) if name in row else () for name in ("required", "optional", "one_of")}
    form = AnswerForm(lists["required"], lists["optional"], lists["one_of"])
    for field in form.fields:
        part.choice(where, field, list(fields))
    if len(set(form.fields)) != len(form.fields):
        raise RuleError(part.file, where, "a field stands twice")
    return form


def _choices(part: RuleFile, name: str) -> dict[str, dict[str, str]]:
    row = part.get(f"fields.{name}.choices", dict)
    if not row:
        raise RuleError(part.file, f"fields.{name}.choices", "is empty")
    return {value: part.by_language(f"fields.{name}.choices.{value}") for value in row}

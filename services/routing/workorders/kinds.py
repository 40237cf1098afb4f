"""The kinds of work orders: time limit, hand-over template, and who may own one (work_orders.yaml)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.routing.refusals import IllegalMove
from shared.contracts.personal import Personal
from shared.contracts.work_orders import HandoverField, Owner, OwnerKind

Text = Mapping[str, str]
VALUE_MAX = 2000


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What who completes an order fills in; of `one_of`, where it names any, at least one."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.required, *self.one_of, *self.optional)


@dataclass(frozen=True, slots=True)
class OrderKind:
    """`hours`: calendar hours until it is overdue; `required` and `optional` name fields of the hand-over."""

    name: str
    title: Text
    hours: int
    required: tuple[str, ...]
    optional: tuple[str, ...]
    answer: AnswerForm = AnswerForm()

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)


@dataclass(frozen=True, slots=True)
class OrderRules:
    """`departments` and `partners`: the closed lists of the playbook; `link_hours`: how long a partner's link holds;
    `remind_percent`: when the owner is reminded, in percent of the time limit."""

    version: str
    kinds: Mapping[str, OrderKind]
    fields: Mapping[str, Text]
    departments: frozenset[str]
    partners: frozenset[str]
    link_hours: int
    remind_percent: int
    choices: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    """Fields that take one of a few values, each with its words."""
    times: frozenset[str] = frozenset()
    """Fields that take a time (ISO 8601; without a zone, the partner's local one)."""

    def limit(self, kind: str, hours: int | None) -> timedelta:
        return timedelta(hours=hours or self.kinds[kind].hours)

    def times_of(self, kind: str, hours: int | None, now: datetime) -> dict[str, datetime | None]:
        """When the owner who gets it now is reminded, and when it is due: the fields of the order."""
        limit = self.limit(kind, hours)
        return {"warn_at": now + limit * self.remind_percent / 100, "due_at": now + limit}

    def must_know(self, kind: str, owner: Owner) -> None:
        """Raises `IllegalMove` for a kind, department or partner that the tables do not know."""
        if kind not in self.kinds:
            raise IllegalMove("unknown_kind", f"Kinds: {', '.join(self.kinds)}.", "没有该类协作工单。")
        names = {OwnerKind.DEPARTMENT: self.departments, OwnerKind.PARTNER: self.partners}.get(owner.kind, frozenset())
        if owner.name not in names:
            listed = ", ".join(sorted(names)) or "a department or partner"
            raise IllegalMove("unknown_owner", f"Owners of this kind: {listed}.", "没有该部门或合作方。")


def filled_in(rules: OrderRules, kind: str, given: Sequence[HandoverField]) -> tuple[HandoverField, ...]:
    """The hand-over in the order of its template. Raises `IllegalMove` where a field is unknown, twice or missing."""
    wanted = rules.kinds[kind]
    values = _values(given, wanted.fields, rules)
    _all_there(wanted.required, values, rules, "The hand-over", "交接单")
    return tuple(HandoverField(name=name, value=values[name]) for name in wanted.fields if name in values)


def answered(rules: OrderRules, kind: str, given: Sequence[HandoverField]) -> tuple[HandoverField, ...]:
    """The answer of who completes an order, in the order of its form. Raises `IllegalMove`, as for a hand-over."""
    form = rules.kinds[kind].answer
    values = _values(given, form.fields, rules)
    _all_there(form.required, values, rules, "The answer", "反馈")
    if form.one_of and not any(_said(values, name) for name in form.one_of):
        words = "、".join(rules.fields[name]["zh"] for name in form.one_of)
        raise IllegalMove(
            "evidence_missing", f"The answer needs one of {', '.join(form.one_of)}.", f"反馈须至少提供一项：{words}。"
        )
    return tuple(HandoverField(name=name, value=values[name]) for name in form.fields if _said(values, name))


def _values(given: Sequence[HandoverField], allowed: Sequence[str], rules: OrderRules) -> dict[str, Personal]:
    values: dict[str, Personal] = {}
    for one in given:
        if one.name not in allowed or one.name in values or len(one.value.reveal()) > VALUE_MAX:
            raise IllegalMove(
                "wrong_field",
                f"{one.name}: not a field here, given twice, or over {VALUE_MAX} characters.",
                f"字段 {one.name} 不存在、重复或过长。",
            )
        _must_fit(one, rules)
        values[one.name] = one.value
    return values


def _must_fit(one: HandoverField, rules: OrderRules) -> None:
    text, choices = one.value.reveal(), rules.choices.get(one.name)
    if text and choices is not None and text not in choices:
        listed = "、".join(words["zh"] for words in choices.values())
        raise IllegalMove("wrong_value", f"{one.name}: one of {', '.join(choices)}.", f"{one.name} 只能是：{listed}。")
    if text and one.name in rules.times and not _is_time(text):
        raise IllegalMove(
            "wrong_value",
            f"{one.name}: a time such as 2026-11-11T10:30+08:00.",
            f"{rules.fields[one.name]['zh']}须为时间，如 2026-11-11T10:30+08:00。",
        )


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _all_there(
    required: Sequence[str], values: Mapping[str, Personal], rules: OrderRules, what: str, what_zh: str
) -> None:
    missing = [name for name in required if not _said(values, name)]
    if missing:
        words = "、".join(rules.fields[name]["zh"] for name in missing)
        raise IllegalMove("field_missing", f"{what} lacks {', '.join(missing)}.", f"{what_zh}缺少：{words}。")


def _said(values: Mapping[str, Personal], name: str) -> bool:
    return name in values and bool(values[name].reveal().strip())

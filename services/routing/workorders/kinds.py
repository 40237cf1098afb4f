"""The kinds of work orders: time limit, hand-over template, and who may own one (work_orders.yaml)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.routing.refusals import IllegalMove
from shared.contracts.personal import Personal
from shared.contracts.work_orders import HandoverField, Owner, OwnerKind

Text = Mapping[str, str]
VALUE_MAX = 2000


@dataclass(frozen=True, slots=True)
class OrderKind:
    """`hours`: calendar hours until it is overdue; `required` and `optional` name fields of the hand-over."""

    name: str
    title: Text
    hours: int
    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)


@dataclass(frozen=True, slots=True)
class OrderRules:
    """`departments` and `partners`: the closed lists of the playbook; `link_hours`: how long a partner's link holds."""

    version: str
    kinds: Mapping[str, OrderKind]
    fields: Mapping[str, Text]
    departments: frozenset[str]
    partners: frozenset[str]
    link_hours: int

    def limit(self, kind: str, hours: int | None) -> timedelta:
        return timedelta(hours=hours or self.kinds[kind].hours)

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
    values: dict[str, Personal] = {}
    for field in given:
        if field.name not in wanted.fields or field.name in values or len(field.value.reveal()) > VALUE_MAX:
            raise IllegalMove(
                "wrong_field",
                f"{field.name}: not a field of this hand-over, given twice, or over {VALUE_MAX} characters.",
                f"交接单字段 {field.name} 不存在、重复或过长。",
            )
        values[field.name] = field.value
    missing = [name for name in wanted.required if not (name in values and values[name].reveal().strip())]
    if missing:
        words = "、".join(rules.fields[name]["zh"] for name in missing)
        raise IllegalMove("field_missing", f"The hand-over lacks {', '.join(missing)}.", f"交接单缺少：{words}。")
    return tuple(HandoverField(name=name, value=values[name]) for name in wanted.fields if name in values)

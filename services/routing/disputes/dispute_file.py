"""signing.yaml: the rules of disputes about who signed, checked cell by cell (RO-13)."""

from collections.abc import Collection
from datetime import timedelta

from services.routing.decision_table import RuleError
from services.routing.disputes.rules import RECEIPT, REVERIFICATION, Asked, DisputeRules, HotAreas
from services.routing.rule_file import RuleFile
from services.routing.workorders.kinds import OrderRules
from shared.contracts.parcels import Node
from shared.contracts.sign_disputes import DisputeOutcome, SignOff
from shared.contracts.work_orders import Owner, OwnerKind

GOODS = ("good", "damaged")
NEEDED = {
    RECEIPT: ("signer_name", "signer_contact", "signed_at", "sign_off", "goods_state", "proof"),
    REVERIFICATION: ("outcome",),
}
"""What the answer of each order has to say for the dispute to go on."""


def disputes_of(part: RuleFile, tags: Collection[str]) -> DisputeRules:
    """Raises `RuleError` with file and cell."""
    claims = part.get("claim_when", dict)
    outcomes = [outcome.value for outcome in DisputeOutcome]
    return DisputeRules(
        tags=frozenset(part.choice("tags", tag, sorted(tags)) for tag in part.texts("tags")),
        orders={name: _asked(part, name) for name in (RECEIPT, REVERIFICATION)},
        doubtful=frozenset(SignOff(v) for v in _all(part, "reverify_when.sign_off", [s.value for s in SignOff])),
        doubtful_goods=frozenset(_all(part, "reverify_when.goods_state", GOODS)),
        claims={
            DisputeOutcome(part.choice("claim_when", name, outcomes)): part.by_language(f"claim_when.{name}")
            for name in claims
        },
        area_nodes=frozenset(map(Node, _all(part, "area_nodes", [node.value for node in Node]))),
        hot=HotAreas(
            window=timedelta(days=part.whole("hot_areas.window_days", 1, 366)),
            disputes=part.whole("hot_areas.disputes", 1, 100_000),
        ),
    )


def check_orders(file: str, rules: DisputeRules, orders: OrderRules) -> None:
    """Raises `RuleError` where work_orders.yaml lacks a kind, its owner, or what its answer has to say."""
    for name, asked in rules.orders.items():
        kind = orders.kinds.get(asked.kind)
        if kind is None:
            raise RuleError(file, f"{name}.kind", f"{asked.kind!r} is no kind of work_orders.yaml")
        owners = orders.partners if asked.owner.kind is OwnerKind.PARTNER else orders.departments
        if asked.owner.name not in owners:
            raise RuleError(file, f"{name}.owner", f"{asked.owner.name!r} is not one of {', '.join(sorted(owners))}")
        if lacking := set(NEEDED[name]) - set(kind.answer.required):
            raise RuleError("work_orders.yaml", f"kinds.{kind.name}.answer.required", f"lacks {sorted(lacking)}")


def _asked(part: RuleFile, name: str) -> Asked:
    row = part.get(name, dict)
    owner = part.get("owner", dict, row)
    kinds = (OwnerKind.PARTNER.value, OwnerKind.DEPARTMENT.value)
    if len(owner) != 1:
        raise RuleError(part.file, f"{name}.owner", "names one partner or one department")
    (kind, owner_name), *_ = owner.items()
    return Asked(
        kind=part.get("kind", str, row),
        owner=Owner(kind=OwnerKind(part.choice(f"{name}.owner", kind, kinds)), name=str(owner_name)),
        problem=part.get("problem", str, row),
        support=part.get("support", str, row),
    )


def _all(part: RuleFile, cell: str, allowed: Collection[str]) -> list[str]:
    return [part.choice(cell, value, list(allowed)) for value in part.texts(cell)]

"""What a person decides: two customers are one, or a merge is undone. Holds until a person decides otherwise (IN-5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.intake.identity.circle import Card, Circle, Merge, Verdict, united
from services.intake.identity.rules import IdentityRules
from services.intake.identity.settling import Cause, Settled, settle
from shared.contracts.base import derived_id
from shared.contracts.customers import Evidence
from shared.contracts.personal import Personal


class Refused(Exception):
    """The decision changes nothing, or can't be carried out; the message says why."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Who decides, why and when."""

    actor: str
    reason: Personal
    at: datetime


def merge(circles: Sequence[Circle], one_id: str, other_id: str, decided: Decided, rules: IdentityRules) -> Settled:
    """The customers are one from now on. Raises `Refused`."""
    one, other = (_card(circles, i) for i in (one_id, other_id))
    if one == other:
        raise Refused("They are one customer already.")
    circle = united(circles)
    if len(circle.handles) > rules.largest:
        raise Refused(f"Together they would have more than {rules.largest} handles.")
    return _after(circle, True, one, other, decided, rules)


def unmerge(circle: Circle, customer_id: str, restore: str, decided: Decided, rules: IdentityRules) -> Settled:
    """What was absorbed as `restore` is a customer of its own again, as before. Raises `Refused`."""
    card = _card([circle], customer_id)
    done = next((m for m in reversed(circle.merges) if m.absorbed == restore and can_be_undone(m, card)), None)
    if done is None:
        raise Refused("This customer has absorbed no such customer.")
    parted = Card(customer_id=done.absorbed, handles=tuple(sorted(done.handles)))
    others = Card(customer_id=customer_id, handles=tuple(sorted(done.others)))
    return _after(circle, False, parted, others, decided, rules)


def can_be_undone(merge: Merge, card: Card) -> bool:
    """Both sides of it are in this customer still."""
    return not merge.handles.isdisjoint(card.handles) and not merge.others.isdisjoint(card.handles)


def _after(circle: Circle, same: bool, one: Card, other: Card, decided: Decided, rules: IdentityRules) -> Settled:
    verdict = Verdict(
        verdict_id=derived_id(f"verdict/{circle.circle_id}", str(circle.revision)),
        same=same,
        one=one.customer_id,
        other=other.customer_id,
        left=frozenset(one.handles),
        right=frozenset(other.handles),
        actor=decided.actor,
        reason=decided.reason,
        at=decided.at,
    )
    cause = Cause(verdict.verdict_id, decided.at, Evidence.PERSON, actor=decided.actor, reason=decided.reason)
    changed = replace(circle, verdicts=(*circle.verdicts, verdict))
    settled = settle(changed, cause, rules.shared.most_of_one_kind)
    if settled.circle.customers == circle.customers:
        raise Refused("Earlier decisions on these customers stand against it.")
    return settled


def _card(circles: Sequence[Circle], customer_id: str) -> Card:
    card = next((c for circle in circles for c in circle.customers if c.customer_id == customer_id), None)
    if card is None:
        raise Refused("It goes on under another id: read it again.")
    return card

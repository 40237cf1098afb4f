"""A customer as people of ours see it: handles masked, what merged it, and what suggests more (SY-5)."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, Field

from services.intake.identity.circle import Card, Circle, Link, Mention
from services.intake.identity.partition import apart_from, is_shared
from services.intake.identity.verdicts import can_be_undone
from shared.contracts.customers import Evidence, HandleKind


class HandleView(BaseModel):
    id: str
    kind: HandleKind
    value: str = Field(description="masked, except for archivists and adjudicators")
    first_at: datetime
    shared: bool = Field(description="named beside more others than a person has: it merges nobody")


class MergeView(BaseModel):
    absorbed: str = Field(description="the id that unmerge takes as `restore`")
    evidence: Evidence
    cause: str = Field(description="the contact, order or act that it follows from")
    at: datetime
    actor: str | None = None
    undoable: bool


class VerdictView(BaseModel):
    same: bool
    one: str
    other: str
    actor: str
    reason: str
    at: datetime


class SuggestionView(BaseModel):
    """Perhaps the same person; merge them if you know it."""

    customer_id: str = Field(description="who the handle means; or the handle, where nobody wrote by it yet")
    evidence: Evidence
    cause: str
    at: datetime


class CustomerView(BaseModel):
    customer_id: str
    version: int
    handles: tuple[HandleView, ...]
    merges: tuple[MergeView, ...] = ()
    decisions: tuple[VerdictView, ...] = ()
    suggestions: tuple[SuggestionView, ...] = ()
    apart: tuple[str, ...] = ()


class CustomerList(BaseModel):
    customers: tuple[CustomerView, ...]


def view_of(card: Card, circle: Circle, others: Iterable[Circle], most_of_one_kind: int, reveal: bool) -> CustomerView:
    """`others`: the circles of handles that are mentioned and lie elsewhere."""
    mine = frozenset(card.handles)
    handles = [h for h in circle.handles if h.id in mine]
    return CustomerView(
        customer_id=card.customer_id,
        version=circle.revision,
        handles=tuple(
            HandleView(
                id=h.id,
                kind=h.kind,
                value=h.value.reveal() if reveal else h.value.masked(),
                first_at=h.first_at,
                shared=is_shared(h, most_of_one_kind),
            )
            for h in handles
        ),
        merges=tuple(
            MergeView(
                absorbed=m.absorbed,
                evidence=m.evidence,
                cause=m.cause,
                at=m.at,
                actor=m.actor,
                undoable=can_be_undone(m, card),
            )
            for m in circle.merges
            if mine & m.handles
        ),
        decisions=tuple(
            VerdictView(same=v.same, one=v.one, other=v.other, actor=v.actor, reason=v.reason.reveal(), at=v.at)
            for v in circle.verdicts
            if mine & (v.left | v.right)
        ),
        suggestions=_suggestions(card, circle, [circle, *others]),
        apart=apart_from(card, circle, circle.customers),
    )


def _suggestions(card: Card, circle: Circle, known: Iterable[Circle]) -> tuple[SuggestionView, ...]:
    """Mentions, and links that join nobody: over a shared handle, or against a person's decision."""
    means = {h: k.customer_id for c in known for k in c.customers for h in k.handles}
    mine = frozenset(card.handles)
    pairs: list[tuple[str, str, Mention | Link]] = [(m.own, m.other, m) for m in circle.mentions]
    pairs += [pair for x in circle.links for pair in ((x.one, x.other, x), (x.other, x.one, x))]
    found: dict[str, SuggestionView] = {}
    for own, other, said in pairs:
        if own in mine and other not in mine:
            who = means.get(other, other)
            view = SuggestionView(customer_id=who, evidence=said.evidence, cause=said.cause, at=said.at)
            found.setdefault(who, view)
    return tuple(found.values())

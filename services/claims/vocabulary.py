"""The columns of the decision tables: what each may hold, so that a cell can be checked against every value."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.contracts.claims import LiableParty
from shared.contracts.interactions import ClaimKind


class Custody(StrEnum):
    """Where the parcel is, as its last scan says."""

    BEFORE_PICKUP = "before_pickup"
    IN_CUSTODY = "in_custody"
    HELD = "held"
    SIGNED = "signed"


class Report(StrEnum):
    """What the carrier itself reports of the parcel."""

    NONE = "none"
    LOSS = "loss"
    DAMAGE = "damage"
    DELAY = "delay"
    WRONG_SIGN = "wrong_sign"
    MISROUTED = "misrouted"
    OTHER = "other"


class Blame(StrEnum):
    """The fault that the carrier's codes name; `contradictory` where they name several that do not fit."""

    NONE = "none"
    CARRIER = "carrier"
    CONSIGNEE = "consignee"
    MERCHANT = "merchant"
    CUSTOMS = "customs"
    WEATHER = "weather"
    OTHER = "other"
    CARRIER_AND_SHIPPER = "carrier_and_shipper"
    CONTRADICTORY = "contradictory"


class Goods(StrEnum):
    ORDINARY = "ordinary"
    PERISHABLE = "perishable"
    FRAGILE = "fragile"


class Method(StrEnum):
    """How an amount is computed (CL-4)."""

    INSURED_TOTAL = "insured_total"
    INSURED_PARTIAL = "insured_partial"
    FREIGHT_MULTIPLE = "freight_multiple"
    MARKET_VALUE = "market_value"
    FREIGHT = "freight"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Choice:
    """A column whose values are these; `open` admits values that nobody listed (a carrier's products)."""

    values: tuple[object, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """A column of whole numbers from `low` to `high`."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Words:
    """An output of free text, not empty."""


@dataclass(frozen=True, slots=True)
class LawRefs:
    """An output that lists keys of law.yaml, at least one."""


Input = Choice | Whole
Output = Choice | Whole | Words | LawRefs

YES_NO = Choice((True, False))
HOURS = Whole(-1, 100_000)
"""-1: it has not happened, or nobody knows."""


@dataclass(frozen=True, slots=True)
class Columns:
    inputs: Mapping[str, Input]
    outputs: Mapping[str, Output]


LIABILITY = Columns(
    inputs={
        "kind": Choice(tuple(ClaimKind)),
        "record": Choice(("none", "known")),
        "custody": Choice(tuple(Custody)),
        "report": Choice(tuple(Report)),
        "fault": Choice(tuple(Blame)),
        "goods": Choice(tuple(Goods)),
        "insured": YES_NO,
        "postal": YES_NO,
        "photos": YES_NO,
        "packaging": YES_NO,
        "silent_hours": HOURS,
        "objection_hours": HOURS,
        "late_hours": HOURS,
    },
    outputs={
        "rule": Words(),
        "party": Choice(tuple(LiableParty)),
        "carrier_percent": Whole(0, 100),
        "clear": YES_NO,
        "reason_zh": Words(),
        "reason_en": Words(),
        "law": LawRefs(),
    },
)

AMOUNT = Columns(
    inputs={
        "kind": Choice(tuple(ClaimKind)),
        "insured": YES_NO,
        "total": YES_NO,
        "product": Choice((), open=True),
        "limit_notified": YES_NO,
    },
    outputs={
        "rule": Words(),
        "method": Choice(tuple(Method)),
        "multiple": Whole(0, 100),
        "law": LawRefs(),
    },
)

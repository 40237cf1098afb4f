"""The rules of disputes about who signed (signing.yaml), as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.contracts.parcels import Node
from shared.contracts.sign_disputes import DisputeOutcome, SignOff
from shared.contracts.work_orders import Owner

RECEIPT = "receipt"
REVERIFICATION = "reverification"
CANCEL = "cancel"
"""What a dispute may want of its work orders: one of the two opened, or what is still open of them cancelled."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The work order that a dispute opens: of which kind, with whom, and what its hand-over says."""

    kind: str
    owner: Owner
    problem: str
    support: str


@dataclass(frozen=True, slots=True)
class HotAreas:
    """So many disputes of one area within the window are too many."""

    window: timedelta
    disputes: int


@dataclass(frozen=True, slots=True)
class DisputeRules:
    tags: frozenset[str]
    orders: Mapping[str, Asked]
    doubtful: frozenset[SignOff]
    doubtful_goods: frozenset[str]
    claims: Mapping[DisputeOutcome, Mapping[str, str]]
    area_nodes: frozenset[Node]
    hot: HotAreas

"""What the answers of a dispute's work orders say, as values. Their fields were checked when they were given."""

from dataclasses import dataclass

from shared.contracts.sign_disputes import DisputeEvidence, DisputeOutcome, SignOff
from shared.contracts.work_orders import WorkOrder


@dataclass(frozen=True, slots=True)
class Receipt:
    sign_off: SignOff
    goods_state: str


@dataclass(frozen=True, slots=True)
class Found:
    outcome: DisputeOutcome
    evidence: tuple[DisputeEvidence, ...]


def receipt_in(order: WorkOrder) -> Receipt:
    said = _said(order)
    return Receipt(SignOff(said["sign_off"]), said["goods_state"])


def found_in(order: WorkOrder) -> Found:
    said = _said(order)
    return Found(DisputeOutcome(said["outcome"]), tuple(kind for kind in DisputeEvidence if said.get(kind.value)))


def _said(order: WorkOrder) -> dict[str, str]:
    return {field.name: field.value.reveal() for field in order.answer}

"""What was lost, in fen, and how far that is proven: the figure that no compensation ever exceeds."""

from dataclasses import dataclass

from services.claims.claim_file import ClaimFile
from services.claims.words import Text
from shared.contracts.interactions import ClaimKind, EvidenceKind

WHOLE_PARCEL = (ClaimKind.LOSS, ClaimKind.WRONG_DELIVERY, ClaimKind.RETURN_DISPUTE)


@dataclass(frozen=True, slots=True)
class Loss:
    """`proven_fen` None: the amount rests on nothing yet. `full_value_fen` 0: no value is on record."""

    proven_fen: int | None
    total: bool
    full_value_fen: int
    basis: Text


PROOF = Text("货值证明", "proof of value")
ON_RECORD = Text("声明价值", "declared value")
WITHIN = Text("申请金额，未超过声明价值", "amount claimed, within the declared value")
FREIGHT = Text("本次运费", "freight of this carriage")
NOTHING = Text("尚无依据", "not substantiated yet")


def loss_of(file: ClaimFile) -> Loss:
    """A proof of value on file substantiates the figure claimed; without one it counts up to the value on record.

    What the proof says is read by a person wherever the amount is not small (fast track, CL-5). For delay the loss
    is the fee paid for a carriage in time.
    """
    claimed, value = file.claim.claimed_fen, file.full_value_fen
    if file.kind is ClaimKind.DELAY:
        freight = freight_of(file)
        return Loss(min(freight, claimed) if claimed else freight, False, value, FREIGHT)
    total = file.kind in WHOLE_PARCEL or (0 < value <= claimed)
    if claimed == 0:
        whole = file.kind in WHOLE_PARCEL and value > 0
        return Loss(value if whole else None, total, value, ON_RECORD if whole else NOTHING)
    if any(a.evidence is EvidenceKind.PROOF_OF_VALUE for a in file.claim.evidence):
        return Loss(claimed, total, value, PROOF)
    if value == 0:
        return Loss(None, total, value, NOTHING)
    return Loss(min(claimed, value), total, value, WITHIN if claimed <= value else ON_RECORD)


def freight_of(file: ClaimFile) -> int:
    shipment = file.claim.parcel.shipment if file.claim.parcel else None
    return shipment.freight_fen if shipment else 0


def ceiling_of(file: ClaimFile) -> int | None:
    """The most that anybody may award: the larger of claimed amount and value on record; None: neither is known."""
    most = max(file.claim.claimed_fen, file.full_value_fen)
    if file.kind is ClaimKind.DELAY:
        most = max(file.claim.claimed_fen, freight_of(file))
    return most or None

"""From a file to its award: the amount table picks the method and the law, the arithmetic follows."""

from services.claims.amount import Terms, compute
from services.claims.claim_file import ClaimFile
from services.claims.loss import loss_of
from services.claims.rulebook import RuleSet
from services.claims.vocabulary import Method
from shared.contracts.claims import Award, Liability
from shared.contracts.parcels import Shipment


def award_of(file: ClaimFile, liability: Liability, rules: RuleSet) -> Award | None:
    """The award under the terms of carriage, or None where a person must find the amount."""
    parcel = file.claim.parcel
    shipment = (parcel.shipment if parcel else None) or Shipment()
    loss = loss_of(file)
    row = rules.amount.evaluate(
        {
            "kind": file.kind.value,
            "insured": shipment.insured_fen > 0,
            "total": loss.total,
            "product": shipment.product,
            "limit_notified": shipment.limit_notified,
        }
    )
    terms = Terms(
        method=Method(row["method"]),
        multiple=row["multiple"],
        insured_fen=shipment.insured_fen,
        freight_fen=shipment.freight_fen,
        carrier_percent=liability.carrier_percent,
    )
    computed = compute(terms, loss)
    if computed is None or (parcel is not None and parcel.shipment is None):
        return None
    return Award(
        amount_fen=computed.amount_fen,
        steps=computed.steps,
        rule=row["rule"],
        rule_set=rules.version,
        law=rules.cited(row["law"]),
    )

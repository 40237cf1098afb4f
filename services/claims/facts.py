"""The facts that liability turns on, read from the parcel's track, the carrier's reports and the evidence (CL-3)."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from services.claims.claim_file import ClaimFile
from services.claims.rule_models import GoodsWords
from services.claims.vocabulary import Blame, Custody, Goods, Report
from shared.contracts.interactions import ClaimKind, EvidenceKind
from shared.contracts.parcels import Fault, Node, Parcel

HOUR = timedelta(hours=1)
UNKNOWN = -1
POSTAL = "postal"

# What the carrier would report if the claim of this kind is true; the first report that fits is the one that counts.
FITTING: dict[ClaimKind, tuple[Report, ...]] = {
    ClaimKind.LOSS: (Report.LOSS,),
    ClaimKind.DAMAGE: (Report.DAMAGE,),
    ClaimKind.SHORTAGE: (Report.DAMAGE,),
    ClaimKind.COLD_CHAIN: (Report.DAMAGE,),
    ClaimKind.DELAY: (Report.DELAY,),
    ClaimKind.WRONG_DELIVERY: (Report.WRONG_SIGN, Report.MISROUTED),
    ClaimKind.RETURN_DISPUTE: (),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """The input columns of the liability table. Hours are whole; -1: it did not happen, or nobody knows."""

    kind: str
    record: str
    custody: str
    report: str
    fault: str
    goods: str
    insured: bool
    postal: bool
    photos: bool
    packaging: bool
    silent_hours: int
    objection_hours: int
    late_hours: int

    def as_columns(self) -> dict[str, object]:
        return asdict(self)


def facts_of(file: ClaimFile, words: GoodsWords, now: datetime) -> Facts:
    parcel = file.claim.parcel
    shipment = parcel.shipment if parcel else None
    have = {a.evidence for a in file.claim.evidence}
    return Facts(
        kind=file.kind.value,
        record="known" if parcel else "none",
        custody=(custody_of(parcel) if parcel else Custody.IN_CUSTODY).value,
        report=report_of(file).value,
        fault=blame_of(file).value,
        goods=goods_of(file, words).value,
        insured=bool(shipment and shipment.insured_fen),
        postal=bool(shipment and shipment.product == POSTAL),
        photos=EvidenceKind.DAMAGE_PHOTO in have,
        packaging=EvidenceKind.PACKAGING in have,
        silent_hours=silent_hours(parcel, now),
        objection_hours=objection_hours(parcel, file.claim.opened_at),
        late_hours=late_hours(parcel, now),
    )


def custody_of(parcel: Parcel) -> Custody:
    match parcel.node:
        case Node.ORDERED:
            return Custody.BEFORE_PICKUP
        case Node.SIGNED:
            return Custody.SIGNED
        case Node.HELD:
            return Custody.HELD
        case _:
            return Custody.IN_CUSTODY


def report_of(file: ClaimFile) -> Report:
    """What the carrier reports: first what fits the claim, else the gravest."""
    kinds = {point.exception for point in file.claim.parcel.track} if file.claim.parcel else set()
    reported = {kind.value for kind in kinds | {file.report} if kind is not None}
    order: tuple[Report, ...] = (*FITTING[file.kind], *Report)
    for report in order:
        if report.value in reported:
            return report
    return Report.OTHER if reported else Report.NONE


def blame_of(file: ClaimFile) -> Blame:
    """The faults reported as one value; `other` says nothing beside a named party."""
    faults = {point.fault for point in file.claim.parcel.track} if file.claim.parcel else set()
    named = {fault for fault in faults | {file.fault} if fault is not None}
    named = named - {Fault.OTHER} or named
    if not named:
        return Blame.NONE
    if len(named) == 1:
        return Blame(named.pop().value)
    if Fault.CARRIER in named and named <= {Fault.CARRIER, Fault.MERCHANT, Fault.CONSIGNEE}:
        return Blame.CARRIER_AND_SHIPPER
    return Blame.CONTRADICTORY


def goods_of(file: ClaimFile, words: GoodsWords) -> Goods:
    shipment = file.claim.parcel.shipment if file.claim.parcel else None
    text = f"{file.goods or ''} {(shipment.goods if shipment else None) or ''}".lower()
    if any(word in text for word in words.perishable):
        return Goods.PERISHABLE
    return Goods.FRAGILE if any(word in text for word in words.fragile) else Goods.ORDINARY


def signed_at(parcel: Parcel | None) -> datetime | None:
    if parcel is None or parcel.node is not Node.SIGNED:
        return None
    return next((point.at for point in reversed(parcel.track) if point.node is Node.SIGNED), None)


def silent_hours(parcel: Parcel | None, now: datetime) -> int:
    if parcel is None or not parcel.track:
        return UNKNOWN
    return max(0, (now - parcel.track[-1].at) // HOUR)


def objection_hours(parcel: Parcel | None, objected_at: datetime) -> int:
    """Hours from delivery to the claim, the begun hour counted; an objection before delivery is in time."""
    signed = signed_at(parcel)
    return UNKNOWN if signed is None else hours_begun(objected_at - signed)


def late_hours(parcel: Parcel | None, now: datetime) -> int:
    """Hours past the promise, the begun hour counted; 0: in time, or the promise still stands."""
    promised = parcel.shipment.promised_at if parcel and parcel.shipment else None
    if promised is None:
        return UNKNOWN
    return hours_begun((signed_at(parcel) or now) - promised)


def hours_begun(span: timedelta) -> int:
    return max(0, -(-span // HOUR))


def contradicts(facts: Facts) -> bool:
    """The track says that what is claimed did not happen (a fraud signal, CL-5)."""
    match facts.kind:
        case ClaimKind.LOSS:
            return facts.custody in (Custody.SIGNED, Custody.BEFORE_PICKUP)
        case ClaimKind.DELAY:
            return facts.late_hours == 0
        case _:
            return facts.custody == Custody.BEFORE_PICKUP

"""parcel-events.v1 and parcel-exceptions.v1: scans at the 12 nodes, and what went wrong (IN-2, RO-11)."""

from pydantic import Field

from shared.contracts.base import Contract, Fen, Instant, Word
from shared.contracts.estimates import CarrierEstimate
from shared.contracts.people import Customer
from shared.contracts.personal import Personal


class Node(Word):
    """The 12 nodes that a parcel passes, in order."""

    ORDERED = "ordered"  # 下单
    PICKED_UP = "picked_up"  # 揽收
    OUTLET_OUT = "outlet_out"  # 网点出库
    HUB_IN = "hub_in"  # 分拨到件
    SORTED = "sorted"  # 分拣
    LINEHAUL_OUT = "linehaul_out"  # 干线发车
    LINEHAUL_IN = "linehaul_in"  # 干线到车
    CUSTOMS = "customs"  # 清关
    DESTINATION_IN = "destination_in"  # 目的网点到件
    OUT_FOR_DELIVERY = "out_for_delivery"  # 派件
    HELD = "held"  # 代收/入柜
    SIGNED = "signed"  # 签收


class ExceptionKind(Word):
    """What is wrong with a parcel."""

    DELAY = "delay"  # 时效延误
    LOSS = "loss"  # 丢件
    DAMAGE = "damage"  # 货损
    WRONG_SIGN = "wrong_sign"  # 签收未收到
    CUSTOMS_HOLD = "customs_hold"  # 海关扣留
    FAILED_DELIVERY = "failed_delivery"  # 派送失败
    REFUSED = "refused"  # 拒收
    WRONG_ADDRESS = "wrong_address"  # 地址错误
    MISROUTED = "misrouted"  # 错分
    OTHER = "other"


class Fault(Word):
    """The party at fault as the carrier's code says."""

    CARRIER = "carrier"
    CONSIGNEE = "consignee"
    MERCHANT = "merchant"
    CUSTOMS = "customs"
    WEATHER = "weather"
    OTHER = "other"


class Shipment(Contract):
    """What was agreed when the parcel was handed over; money in fen, weight in grams."""

    product: str = "standard"
    goods: str | None = None
    freight_fen: Fen = 0
    insured_fen: Fen = Field(0, description="保价额; 0: not insured")
    declared_fen: Fen = Field(0, description="声明价值; 0: not declared")
    weight_g: int = Field(0, ge=0)
    limit_notified: bool = Field(True, description="the liability limit was conspicuously agreed")
    consignee: Customer | None = None
    merchant_id: str | None = None
    origin: str | None = None
    destination: str | None = None
    promised_at: Instant | None = None


class ParcelScan(Contract):
    """A scan (轨迹) of a parcel at a node, with an exception where the carrier reports one."""

    tracking_number: str = Field(min_length=4, max_length=40)
    carrier: str
    node: Node
    occurred_at: Instant
    place: str | None = None
    description: str | None = None
    exception: ExceptionKind | None = None
    fault: Fault | None = None
    signer: Personal | None = None
    estimated_at: Instant | None = Field(None, description="when the carrier itself expects to deliver it")
    shipment: Shipment | None = None


class ParcelLookup(Contract):
    """A question to the owner of a parcel's state, on behalf of a case: answered by a `ParcelSnapshot`."""

    tracking_number: str
    case_id: str


class TrackPoint(Contract):
    """One line of a parcel's track."""

    node: Node
    at: Instant
    place: str | None = None
    description: str | None = None
    exception: ExceptionKind | None = None
    fault: Fault | None = None


class Parcel(Contract):
    """What is known of a parcel: terms of carriage and its latest scans, oldest first."""

    tracking_number: str
    carrier: str
    node: Node
    shipment: Shipment | None = None
    estimate: CarrierEstimate | None = None
    track: tuple[TrackPoint, ...] = ()


class ParcelExceptionRaised(Contract):
    """Something went wrong with a parcel; level 1 loss, 2 delay over 48 h, 3 other (RO-11)."""

    exception_id: str
    kind: ExceptionKind
    level: int = Field(ge=1, le=3)
    fault: Fault | None = None
    since: Instant
    detected_at: Instant
    parcel: Parcel


class ParcelExceptionCleared(Contract):
    """The parcel moved on (or was found): the exception of that id is over."""

    exception_id: str
    kind: ExceptionKind
    cleared_at: Instant
    parcel: Parcel


class ParcelMoved(Contract):
    """A parcel with open exceptions came to another node: none is over, but what was expected of it may not hold."""

    exception_ids: tuple[str, ...] = Field(min_length=1, description="those that are open")
    parcel: Parcel


class ParcelSnapshot(Contract):
    """The answer to a `ParcelLookup`; `parcel` is None where no scan of that number is known."""

    tracking_number: str
    case_id: str
    parcel: Parcel | None = None
    open_exceptions: tuple[ExceptionKind, ...] = Field((), description="what is wrong with it at the moment")


PARCEL_SCANNED = "parcelcare.parcel.scanned"
PARCEL_LOOKUP = "parcelcare.parcel.lookup"
EXCEPTION_RAISED = "parcelcare.parcel.exception-raised"
EXCEPTION_CLEARED = "parcelcare.parcel.exception-cleared"
PARCEL_MOVED = "parcelcare.parcel.moved"
PARCEL_SNAPSHOT = "parcelcare.parcel.snapshot"
SCAN_TYPES: dict[str, type[Contract]] = {PARCEL_SCANNED: ParcelScan, PARCEL_LOOKUP: ParcelLookup}
EXCEPTION_TYPES: dict[str, type[Contract]] = {
    EXCEPTION_RAISED: ParcelExceptionRaised,
    EXCEPTION_CLEARED: ParcelExceptionCleared,
    PARCEL_MOVED: ParcelMoved,
    PARCEL_SNAPSHOT: ParcelSnapshot,
}

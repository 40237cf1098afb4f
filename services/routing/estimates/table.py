"""rules/estimates.yaml as loaded: usual durations, how long an exception holds a parcel up, what is told (RO-11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.routing.hours import BusinessHours
from services.routing.playbook import Book
from shared.contracts.cases import Case
from shared.contracts.parcels import ExceptionKind, Node, Parcel

ARRIVED = frozenset({Node.HELD, Node.SIGNED})
"""The promise is kept: the parcel is there, or waits where its consignee fetches it."""
ON_THE_WAY = tuple(node for node in Node if node not in ARRIVED)
DEFAULT_PRODUCT = "*"
PLAYBOOK: Literal["playbook"] = "playbook"
Hold = timedelta | Literal["playbook"] | None
"""How long an exception holds a parcel up: so long, as the playbook says for its node, or nobody can say (None)."""


@dataclass(frozen=True)
class EstimateRules:
    """`usual`: from a node to the delivery, by product. `delivery`: when parcels are delivered; `office`: whose time
    the playbook's working hours are. `tolerance`: what an estimate may move by without being told."""

    usual: Mapping[str, Mapping[Node, timedelta]]
    holds: Mapping[ExceptionKind, Hold]
    tolerance: timedelta
    delivery: BusinessHours
    office: BusinessHours
    book: Book

    def left(self, parcel: Parcel) -> timedelta:
        """What is usually left of the route of a parcel that is on its way."""
        product = parcel.shipment.product if parcel.shipment else DEFAULT_PRODUCT
        return (self.usual.get(product) or self.usual[DEFAULT_PRODUCT])[parcel.node]

    def held_until(self, case: Case, since: datetime) -> datetime | None:
        """When what the case's exception stops goes on, if it began at `since`; None: nobody can say."""
        assert case.exception_kind is not None
        hold = self.holds[case.exception_kind]
        if hold == PLAYBOOK:
            entry = self.book.for_case(case)
            hours = timedelta(hours=entry.hours)
            return self.office.add(since, hours) if entry.business else since + hours
        return None if hold is None else since + hold

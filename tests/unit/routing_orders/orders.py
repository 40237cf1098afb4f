"""Work orders for the tests."""

from datetime import datetime

from services.routing import rule_files
from services.routing.workorders import order_file
from services.routing.workorders.order import Event, Mover, Open, decide
from shared.contracts.personal import Personal
from shared.contracts.work_orders import HandoverField, Owner, OwnerKind, WorkOrder
from tests.unit.routing.builders import NOON
from tests.unit.routing_orders.test_playbook import BOOK

RULES = order_file.load(rule_files.DIRECTORY, BOOK)
COURIER = Owner(kind=OwnerKind.PARTNER, name="courier")
HUB = Owner(kind=OwnerKind.DEPARTMENT, name="hub")
HANDLER = Mover("zhao.min", handles=True)
PARTNER = Mover("courier", owns=COURIER)
HUB_STAFF = Mover("hub.one", owns=HUB)
TEXT = Personal("好的")
FULL = tuple(HandoverField(name=name, value=TEXT) for name in ("problem", "progress", "support", "tracking"))


def opening(owner: Owner = COURIER, mover: Mover = HANDLER, kind: str = "trace", **more: object) -> Open:
    fields = {"handover": FULL, "order_id": "o1", "case_id": "c1", "case_number": "PC1", **more}
    return Open(mover=mover, kind=kind, owner=owner, **fields)  # type: ignore[arg-type]


def after_events(*events: Event, at: datetime = NOON) -> WorkOrder:
    order: WorkOrder | None = None
    for event in events:
        decided = decide(order, event, RULES, at)
        order = decided.order if decided else order
    assert order is not None
    return order

"""A case and its work orders: not resolved before they end, hears of each, and suggests them (RO-9, RO-10)."""

import base64
import hmac
from datetime import timedelta
from pathlib import Path

import pytest

from services.routing.acts import Close, Resolve
from services.routing.case import decide
from services.routing.open_orders import OVER
from services.routing.refusals import IllegalMove
from services.routing.state import CaseState, OrderMoved
from services.routing.workorders.links import BadLink, Grant, LinkExpired, PartnerLinks
from services.routing.workorders.suggest import suggested
from shared.contracts.cases import CaseStatus
from shared.contracts.parcels import ExceptionKind
from shared.contracts.work_orders import OrderStatus, Owner, OwnerKind
from tests.unit.routing.builders import NOON, after, cleared, customer, decided, names, parcel, raised, rules
from tests.unit.routing.test_acts import ANN, TEXT, in_status
from tests.unit.routing_orders.orders import COURIER, RULES, after_events, opening
from tests.unit.routing_orders.test_playbook import BOOK

pytestmark = pytest.mark.req("RO-9")
ORDER = after_events(opening())


def with_order(status: CaseStatus = CaseStatus.ASSIGNED, now: float = 3) -> CaseState:
    return decided(in_status(status), OrderMoved(ORDER, ("opened",)), after(seconds=now)).state


@pytest.mark.parametrize("act", [Resolve(ANN, TEXT), Close(ANN, TEXT)])
def test_a_case_with_an_open_order_is_neither_resolved_nor_closed(act: Resolve | Close) -> None:
    state = with_order()
    assert state.case.open_orders == ("o1",)
    with pytest.raises(IllegalMove) as refused:
        decide(state, act, rules(), after(seconds=4))
    assert refused.value.code == "work_orders_open"


@pytest.mark.parametrize("status", OrderStatus)
def test_an_order_is_open_until_it_ends(status: OrderStatus) -> None:
    order = ORDER.model_copy(update={"status": status})
    state = decided(with_order(), OrderMoved(order, ("noted",)), after(seconds=4)).state
    assert (state.case.open_orders == ()) == (status in OVER)
    if status in OVER:
        assert decided(state, Resolve(ANN, TEXT), after(seconds=5)).state.case.status is CaseStatus.RESOLVED


@pytest.mark.parametrize("move", ["rejected", "returned", "completed", "overdue"])
def test_a_case_that_waits_for_the_customer_wakes_for_its_handler(move: str) -> None:
    state = with_order(CaseStatus.WAITING_CUSTOMER)
    assert state.case.status is CaseStatus.WAITING_CUSTOMER
    found = decided(state, OrderMoved(ORDER, (move,)), after(seconds=5))
    assert (found.state.case.status, found.state.case.agent) == (CaseStatus.ASSIGNED, ANN.agent)
    assert "work_order" in names(found)


@pytest.mark.parametrize("status", [CaseStatus.RESOLVED, CaseStatus.CLOSED])
def test_no_order_is_opened_on_a_case_that_is_over(status: CaseStatus) -> None:
    with pytest.raises(IllegalMove) as refused:
        decide(in_status(status), OrderMoved(ORDER, ("opened",)), rules(), after(seconds=3))
    assert refused.value.code == "case_over"


def test_the_end_of_an_exception_does_not_resolve_a_case_with_an_open_order() -> None:
    delay = raised(consignee=customer())
    state = decided(None, delay).state
    waiting = decided(state, OrderMoved(ORDER, ("opened",)), after(seconds=1)).state
    assert decided(waiting, cleared(delay), after(seconds=2)).state.case.status is CaseStatus.QUEUED
    assert decided(state, cleared(delay), after(seconds=2)).state.case.status is CaseStatus.RESOLVED


@pytest.mark.req("RO-10")
def test_the_playbook_suggests_an_order_with_its_hand_over() -> None:
    case = decided(None, raised(ExceptionKind.DAMAGE, 3, consignee=customer())).state.case
    found = suggested(case, BOOK, RULES, "zh")
    assert found is not None
    assert (found.kind, found.owner.name, found.hours, found.missing) == ("inspect", "hub", 24, ())
    values = {field.name: field.value.reveal() for field in found.handover}
    assert values["tracking"] == "SF100"
    assert values["problem"] == "破损"
    assert "分拨到件" in values["progress"]
    assert "六面拍照" in values["support"]
    assert decided(None, raised()).state.case.parcel == parcel()


@pytest.mark.req("RO-10")
def test_a_question_that_needs_nobody_else_suggests_no_order() -> None:
    case = in_status(CaseStatus.ASSIGNED).case
    praise = case.model_copy(update={"classification": case.classification.model_copy(update={"tags": ("praise",)})})
    assert suggested(praise, BOOK, RULES, "en") is None


LINKS = PartnerLinks("http://desk.example/", b"k" * 32)
GRANT = Grant("o1", COURIER, after(hours=1))


def test_a_link_holds_until_its_end_and_only_as_it_was_made() -> None:
    token = LINKS.token(GRANT)
    assert LINKS.read(token, NOON) == GRANT
    with pytest.raises(LinkExpired):
        LINKS.read(token, GRANT.until)
    other = LINKS.token(Grant("o2", COURIER, GRANT.until))
    forged = [other.split(".")[0] + "." + token.split(".")[1], token[:-2], token + "A", "", ".", "中.文", "a" * 500]
    for wrong in forged:
        with pytest.raises(BadLink):
            LINKS.read(wrong, NOON)
    with pytest.raises(BadLink):
        PartnerLinks("http://desk.example", b"x" * 32).read(token, NOON)
    longer = Grant("o1", COURIER, GRANT.until + timedelta(days=365))
    with pytest.raises(BadLink):
        LINKS.read(LINKS.token(longer).split(".")[0] + "." + token.split(".")[1], NOON)


def test_a_department_has_a_link_of_its_own_and_older_links_are_partners() -> None:
    hub = Grant("o1", Owner(kind=OwnerKind.DEPARTMENT, name="courier"), GRANT.until)
    assert LINKS.read(LINKS.token(hub), NOON) == hub != GRANT
    said = f"o1|{COURIER.name}|{int(GRANT.until.timestamp())}".encode()
    mac = hmac.digest(LINKS.key, b"parcelcare/work-order/1:" + said, "sha256")[:16]
    older = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (said, mac))
    assert LINKS.read(older, NOON) == GRANT


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "partner.key").write_text("short")
    with pytest.raises(ValueError, match="at least 32"):
        PartnerLinks.load("http://x", tmp_path)

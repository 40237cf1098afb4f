"""RO-13: a dispute about who signed: receipt at once, 48 hours of re-verification where it is doubtful, its outcome."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.routing import playbook_file, rule_files
from services.routing.acts import Actor, Resolve
from services.routing.case import decide
from services.routing.decision_table import RuleError
from services.routing.disputes.area import Area, area_of, ranked
from services.routing.disputes.dispute_file import check_orders, disputes_of
from services.routing.disputes.orders import BY_RULE, wanted_move
from services.routing.disputes.rules import CANCEL, RECEIPT, REVERIFICATION, HotAreas
from services.routing.pairs.merging import merge
from services.routing.pairs.splitting import Split, split
from services.routing.refusals import IllegalMove
from services.routing.rule_file import RuleFile
from services.routing.state import AgentFound, CaseState, OrderMoved
from services.routing.workorders import order_file
from services.routing.workorders.order import Accept, Cancel, Complete, Decided, Event, Mover, Return, TimeUp
from services.routing.workorders.order import decide as decide_order
from shared.contracts.base import derived_id
from shared.contracts.cases import CaseKind, CaseStatus
from shared.contracts.parcels import Node, Parcel, ParcelSnapshot, Shipment, TrackPoint
from shared.contracts.personal import Personal
from shared.contracts.sign_disputes import (
    DisputeEvidence,
    DisputeOutcome,
    DisputeStage,
    ReverifyReason,
    SignDispute,
    SignDisputeMoved,
)
from shared.contracts.work_orders import HandoverField, Owner, OwnerKind, WorkOrder
from tests.unit.routing.builders import NOON, after, contact, decided, names, opened, rules
from tests.unit.routing.test_acts import ANN, TEXT

pytestmark = pytest.mark.req("RO-13")
CASE_ID = derived_id("new", "case")
ORDERS = order_file.load(rule_files.DIRECTORY, playbook_file.load(rule_files.DIRECTORY / "playbook"))
RECEIPT_GOOD = {
    "signer_name": "王五",
    "signer_contact": "13800000001",
    "signed_at": "2026-11-10T10:30+08:00",
    "sign_off": "in_person",
    "goods_state": "good",
    "proof": "object:abc",
}
CARRIER = Mover("carrier", owns=Owner(kind=OwnerKind.PARTNER, name="carrier"))
QUALITY = Mover("quality.one", owns=Owner(kind=OwnerKind.DEPARTMENT, name="quality"))


def disputed(text: str = "显示签收但我没收到") -> CaseState:
    return opened(text, tracking_numbers=("SF100",))


def dispute(state: CaseState) -> SignDispute:
    assert state.case.sign_dispute is not None
    return state.case.sign_dispute


def moved(state: CaseState, order: WorkOrder | None, event: Event, at: float = 0) -> tuple[CaseState, WorkOrder]:
    """Case and order after a move of the order."""
    made: Decided | None = decide_order(order, event, ORDERS, after(hours=at))
    assert made is not None
    heard = OrderMoved(made.order, tuple(change.type for change in made.changes))
    return decided(state, heard, after(hours=at)).state, made.order


def asked(state: CaseState, at: float = 0) -> tuple[CaseState, WorkOrder]:
    """The order that the dispute wants, opened."""
    move = wanted_move(state.case, rules().disputes, ORDERS)
    assert move is not None
    return moved(state, None, move.event, at)


def answered(state: CaseState, order: WorkOrder, who: Mover, answer: Mapping[str, str], at: float) -> CaseState:
    fields = tuple(HandoverField(name=name, value=Personal(value)) for name, value in answer.items())
    if order.accepted_at is None:
        state, order = moved(state, order, Accept(who), at)
    return moved(state, order, Complete(who, Personal("见附件"), fields), at)[0]


def reverifying(sign_off: str = "proxy") -> tuple[CaseState, WorkOrder]:
    state, order = asked(disputed())
    return asked(answered(state, order, CARRIER, {**RECEIPT_GOOD, "sign_off": sign_off}, 1), 1)


def test_it_begins_with_the_case_and_asks_the_carrier_for_the_receipt() -> None:
    found = decided(None, contact("显示签收但我没收到", tracking_numbers=("SF100",)))
    assert names(found)[-1] == "sign_dispute"
    assert (dispute(found.state).stage, dispute(found.state).wanted) == (DisputeStage.RECEIPT_ASKED, RECEIPT)
    state, order = asked(found.state)
    assert (order.kind, order.owner.name) == ("e_receipt", "carrier")
    assert {field.name: field.value.reveal() for field in order.handover}["tracking"] == "SF100"
    assert (dispute(state).receipt_order, dispute(state).wanted) == (order.order_id, None)
    assert state.case.handled_at is None, "a rule's order is nobody's work: the ladder goes on"


def test_without_the_tag_or_a_tracking_number_there_is_none() -> None:
    assert opened("快递到哪了", tracking_numbers=("SF100",)).case.sign_dispute is None
    state = opened("显示签收但我没收到")
    assert state.case.sign_dispute is None
    later = decided(state, contact("单号补上", 2, tracking_numbers=("SF100",)), after(minutes=5)).state
    assert dispute(later).tracking_number == "SF100"


@pytest.mark.parametrize("field", RECEIPT_GOOD)
def test_a_receipt_says_all_that_is_asked(field: str) -> None:
    state, order = asked(disputed())
    with pytest.raises(IllegalMove) as refused:
        answered(state, order, CARRIER, {k: v for k, v in RECEIPT_GOOD.items() if k != field}, 1)
    assert refused.value.code == "field_missing"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("sign_off", "somehow", "wrong_value"),
        ("signed_at", "yesterday", "wrong_value"),
        ("colour", "red", "wrong_field"),
    ],
)
def test_a_receipt_says_nothing_else(field: str, value: str, code: str) -> None:
    state, order = asked(disputed())
    with pytest.raises(IllegalMove) as refused:
        answered(state, order, CARRIER, {**RECEIPT_GOOD, field: value}, 1)
    assert refused.value.code == code


def test_a_receipt_of_the_recipient_in_person_needs_no_verification() -> None:
    state, order = asked(disputed())
    state = answered(state, order, CARRIER, RECEIPT_GOOD, 1)
    assert (dispute(state).stage, dispute(state).wanted) == (DisputeStage.RECEIPT_GIVEN, None)
    assert "王五" not in dispute(state).model_dump_json()


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("sign_off", "proxy", ReverifyReason.PROXY),
        ("sign_off", "pickup_point", ReverifyReason.PROXY),
        ("goods_state", "damaged", ReverifyReason.DAMAGED),
    ],
)
def test_a_doubtful_receipt_opens_48_hours_of_verification(field: str, value: str, reason: ReverifyReason) -> None:
    state, order = asked(disputed())
    state = answered(state, order, CARRIER, {**RECEIPT_GOOD, field: value}, 1)
    assert (dispute(state).stage, dispute(state).reason) == (DisputeStage.REVERIFYING, reason)
    assert dispute(state).wanted == REVERIFICATION
    state, again = asked(state, 1)
    assert (again.kind, again.due_at - after(hours=1)) == ("reverify", timedelta(hours=48))
    assert dispute(state).reverify_by == again.due_at


def test_a_receipt_that_does_not_come_opens_it_too_and_once() -> None:
    state, order = asked(disputed())
    state, order = moved(state, order, TimeUp(), 2)
    assert dispute(state).reason is ReverifyReason.NO_RECEIPT
    state, _ = asked(state, 2)
    late = answered(state, order, CARRIER, {**RECEIPT_GOOD, "sign_off": "proxy"}, 3)
    assert (dispute(late).reason, dispute(late).wanted) == (ReverifyReason.NO_RECEIPT, None)


@pytest.mark.parametrize("outcome", [o for o in DisputeOutcome if o is not DisputeOutcome.SOLVED_BY_HANDLER])
def test_its_outcome_is_recorded_and_what_was_not_delivered_becomes_a_claim(outcome: DisputeOutcome) -> None:
    state, order = reverifying()
    assert state.case.classification.kind is CaseKind.COMPLAINT
    state = answered(state, order, QUALITY, {"outcome": outcome.value, "recipient_call": "rec-1"}, 20)
    assert (dispute(state).stage, dispute(state).outcome) == (DisputeStage.SETTLED, outcome)
    assert dispute(state).evidence == (DisputeEvidence.RECIPIENT_CALL,)
    expected = CaseKind.COMPLAINT if outcome is DisputeOutcome.DELIVERED else CaseKind.CLAIM
    assert state.case.classification.kind is expected
    assert "not_received" in state.case.classification.tags


def test_an_outcome_needs_evidence() -> None:
    state, order = reverifying()
    with pytest.raises(IllegalMove) as refused:
        answered(state, order, QUALITY, {"outcome": "delivered"}, 20)
    assert refused.value.code == "evidence_missing"


def test_a_late_verification_is_told_once_and_climbs_its_ladder() -> None:
    state, order = reverifying()
    found_late, order = moved(state, order, TimeUp(), 49)
    assert dispute(found_late).late_at == order.due_at
    told = decided(found_late, AgentFound("zhao.min"), after(hours=60))
    rungs = [c.level for c in told.changes if c.type == "escalated" and c.ladder == "sign-dispute-late"]
    assert rungs == [1, 2]
    assert "escalated" not in names(
        decided(told.state, contact("在吗", 9, tracking_numbers=("SF100",)), after(hours=60))
    )
    assert decide_order(order, TimeUp(), ORDERS, after(hours=60)) is None


def test_a_case_is_not_resolved_while_it_is_verified_again() -> None:
    state, _ = reverifying()
    held = decided(state, AgentFound(ANN.agent), after(hours=2)).state
    with pytest.raises(IllegalMove) as refused:
        decide(held, Resolve(ANN, TEXT), rules(), after(hours=3))
    assert refused.value.code == "sign_dispute_open"


def test_a_handler_who_solved_it_need_not_wait_for_the_receipt_and_the_carrier_is_told() -> None:
    state, order = asked(disputed())
    state = decided(state, AgentFound(ANN.agent), after(minutes=5)).state
    state = decided(state, Resolve(ANN, TEXT), after(minutes=9)).state
    assert (state.case.status, dispute(state).outcome) == (CaseStatus.RESOLVED, DisputeOutcome.SOLVED_BY_HANDLER)
    assert dispute(state).wanted == CANCEL
    move = wanted_move(state.case, rules().disputes, ORDERS)
    assert move is not None
    assert move.order_id == order.order_id
    state, order = moved(state, order, move.event, 1)
    assert (dispute(state).wanted, state.case.open_orders) == (None, ())
    assert state.case.status is CaseStatus.RESOLVED


def test_a_customer_who_contests_the_solution_gets_a_verification() -> None:
    state = decided(disputed(), AgentFound(ANN.agent), after(minutes=5)).state
    state = decided(state, Resolve(ANN, TEXT), after(minutes=9)).state
    state = decided(state, contact("还是没收到快递，显示签收", 2, tracking_numbers=("SF100",)), after(hours=2)).state
    assert (dispute(state).stage, dispute(state).reason) == (DisputeStage.REVERIFYING, ReverifyReason.CONTESTED)
    assert (dispute(state).wanted, dispute(state).outcome) == (REVERIFICATION, None)


def track(*points: tuple[Node, str | None]) -> Parcel:
    shipment = Shipment(destination="杭州")
    scans = tuple(TrackPoint(node=node, at=NOON, place=place) for node, place in points)
    return Parcel(tracking_number="SF100", carrier="sf", node=Node.SIGNED, shipment=shipment, track=scans)


@pytest.mark.parametrize(
    ("points", "area"),
    [
        ([(Node.HUB_IN, "上海分拨"), (Node.OUT_FOR_DELIVERY, "杭州 西湖网点"), (Node.SIGNED, None)], "杭州 西湖网点"),
        ([(Node.SIGNED, "  杭州  西湖网点 ")], "杭州 西湖网点"),
        ([(Node.HUB_IN, "上海分拨")], "杭州"),
        ([], "杭州"),
    ],
)
def test_its_area_is_the_place_of_the_last_scans(points: list[tuple[Node, str | None]], area: str) -> None:
    assert area_of(track(*points), rules().disputes.area_nodes) == area


def test_the_area_is_told_when_the_track_becomes_known() -> None:
    state = disputed()
    snapshot = ParcelSnapshot(
        tracking_number="SF100", case_id=state.case.case_id, parcel=track((Node.SIGNED, "西湖网点"))
    )
    found = decided(state, snapshot, after(minutes=1))
    assert SignDisputeMoved(move="located", area="西湖网点") in found.changes
    again = decided(found.state, snapshot, after(minutes=2))
    assert not [change for change in again.changes if change.type == "sign_dispute"]


def test_the_threshold_makes_an_area_hot() -> None:
    assert ranked({"a": 4, "b": 5, "c": 5}, HotAreas(timedelta(days=7), 5)) == [
        Area("b", 5, True),
        Area("c", 5, True),
        Area("a", 4, False),
    ]


@given(st.lists(st.sampled_from(["accept", "return", "complete", "time", "cancel"]), max_size=6))
def test_whatever_becomes_of_the_receipt_there_is_at_most_one_verification(events: list[str]) -> None:
    state, order = asked(disputed())
    began = 0
    for hour, event in enumerate(events, start=1):
        made = _moves(event, order, hour)
        if made is None:
            continue
        order = made.order
        heard = OrderMoved(order, tuple(change.type for change in made.changes))
        found = decided(state, heard, after(hours=hour))
        state = found.state
        began += found.changes.count(SignDisputeMoved(move="reverification_began", reason=dispute(state).reason))
    assert began == (1 if dispute(state).stage is DisputeStage.REVERIFYING else 0)
    ended_without_receipt = order.ended_at is not None and not order.answer
    assert not (ended_without_receipt and began == 0), "a dispute is left with nobody who owes it anything"


def _moves(event: str, order: WorkOrder, hour: int) -> Decided | None:
    good = tuple(HandoverField(name=name, value=Personal(value)) for name, value in RECEIPT_GOOD.items())
    moves: dict[str, Event] = {
        "accept": Accept(CARRIER),
        "return": Return(CARRIER, TEXT, "tracing"),
        "complete": Complete(CARRIER, TEXT, good),
        "time": TimeUp(),
        "cancel": Cancel(BY_RULE, TEXT),
    }
    try:
        return decide_order(order, moves[event], ORDERS, after(hours=hour))
    except IllegalMove:
        return None


@pytest.mark.parametrize(
    ("edit", "cell"),
    [
        (lambda c: c.update(tags=["nothing"]), "signing.yaml: tags"),
        (lambda c: c["receipt"].update(owner={"moon": "carrier"}), "signing.yaml: receipt.owner"),
        (lambda c: c["reverify_when"].update(sign_off=["x"]), "signing.yaml: reverify_when.sign_off"),
        (lambda c: c.update(claim_when={"x": {"zh": "", "en": ""}}), "signing.yaml: claim_when"),
        (lambda c: c["hot_areas"].update(disputes=0), "signing.yaml: hot_areas.disputes"),
        (lambda c: c["receipt"].update(kind="nothing"), "signing.yaml: receipt.kind"),
        (lambda c: c["reverification"].update(owner={"department": "moon"}), "signing.yaml: reverification.owner"),
        (lambda c: c["receipt"].update(kind="trace"), "work_orders.yaml: kinds.trace.answer.required"),
    ],
)
def test_a_wrong_cell_is_named(edit: Any, cell: str, tmp_path: Path) -> None:
    content = yaml.safe_load((rule_files.DIRECTORY / "signing.yaml").read_text())
    edit(content)
    (tmp_path / "signing.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
    with pytest.raises(RuleError) as caught:
        _load(tmp_path)
    assert cell in str(caught.value)


def _load(directory: Path) -> None:
    read = disputes_of(RuleFile.read(directory / "signing.yaml", None), ["not_received"])
    check_orders("signing.yaml", read, ORDERS)


def test_a_case_with_a_dispute_is_the_one_that_goes_on_and_keeps_its_parcel() -> None:
    lead, other = Actor("lead.one", frozenset({"lead"})), opened("快递到哪了", n=2, tracking_numbers=("SF9",))
    with pytest.raises(IllegalMove) as refused:
        merge(disputed(), other, lead, rules(), after(minutes=1))
    assert refused.value.code == "has_sign_dispute"
    _, going = merge(other, disputed(), lead, rules(), after(minutes=1))
    assert dispute(going.state).tracking_number == "SF100"
    wish = Split(lead, TEXT, CaseKind.COMPLAINT, "not_received", 2, tracking_numbers=("SF100",))
    with pytest.raises(IllegalMove) as kept:
        split(going.state, wish, "c9", rules(), after(minutes=2))
    assert kept.value.code == "its_parcel"
    _, new = split(going.state, replace(wish, tracking_numbers=("SF9",)), CASE_ID, rules(), after(minutes=2))
    assert dispute(new.state).tracking_number == "SF9"

"""A decision as it is announced: byte for byte the contract's event, although the case is written only once."""

from datetime import timedelta

import pytest

from services.routing.acts import Actor, Reply, Take
from services.routing.record import messages
from services.routing.state import CaseState, ChangeSet, TimerFired
from shared.contracts.cases import CASE_CHANGED, CaseChanged
from shared.contracts.personal import Personal
from shared.contracts.topics import CASES
from shared.messaging.message import outgoing
from tests.unit.routing.builders import NOON, after, contact, customer, decided, raised

ANN = customer("ann", phone="+8613800000001", email="ann@x.cn")
ACTOR = Actor("li-lei", frozenset({"supervisor"}))


def course() -> list[ChangeSet]:
    """A case opened, joined, late, taken and answered; and one by an exception."""
    found = [decided(None, contact("SF1丢了，要赔偿", who=ANN, tracking_numbers=("SF1",), subject=Personal("件")))]
    found.append(decided(found[-1].state, contact("怎么还没消息？", 2, who=ANN), after(seconds=10)))
    found.append(decided(found[-1].state, TimerFired(), after(minutes=10)))
    found.append(decided(found[-1].state, Take(ACTOR), after(minutes=11, microseconds=5)))
    found.append(decided(found[-1].state, Reply(ACTOR, Personal("在查")), NOON + timedelta(hours=1)))
    return [*found, decided(None, raised(consignee=ANN))]


@pytest.mark.parametrize("found", course(), ids=lambda found: f"{found.changes[0].type}-{found.state.case.version}")
def test_what_is_published_is_the_contract(found: ChangeSet) -> None:
    at, case = after(days=1), found.state.case
    event = CaseChanged(changes=found.changes, case=case, at=at, before=found.before, keys=found.state.open_keys)
    expected = outgoing(
        CASES, event, type=CASE_CHANGED, key=case.case_id, cause="cause", time=at, source="routing", traceparent="tp"
    )
    assert messages(found, "cause", at, "tp")[0] == expected


def test_the_case_is_written_once() -> None:
    state = decided(None, contact()).state
    assert state.json is state.json
    assert state == CaseState(state.case, state.next_due, state.open_keys, said=state.said)

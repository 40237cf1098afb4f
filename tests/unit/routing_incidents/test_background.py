"""RO-11, RO-12, RO-5: what incidents do by themselves reaches the case that has the matter now, with its mark."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from services.routing.acts import Actor
from services.routing.incidents.affected import Affected, link
from services.routing.incidents.linking import linked
from services.routing.incidents.reestimate import MERGES, in_hand
from services.routing.pairs.merging import merge
from services.routing.state import CaseState, IncidentFound, Joint
from shared.contracts.cases import Case, CaseChanged
from shared.contracts.incidents import IncidentParcel, IncidentStatus
from shared.contracts.topics import CASES, INCIDENTS
from tests.unit.routing.builders import HUB, NOON, after, customer, decided, incident, opened, raised, rules
from tests.unit.routing.memory import Process, World
from tests.unit.routing_incidents.background import Told, let_go, reestimated

ANN = customer("ann", email="ann@example.cn")
INCIDENT = incident()
LEAD = Actor("lead.one", frozenset({"lead"}))


def under_it(n: int = 1) -> CaseState:
    state = decided(None, raised(n=n, tracking=f"SF{n}", consignee=ANN, place=HUB)).state
    return decided(state, IncidentFound(Joint(INCIDENT.incident_id, INCIDENT.number, 24))).state


def merged(ending: CaseState, going: CaseState) -> tuple[CaseState, CaseState]:
    ended, on = merge(ending, going, LEAD, rules(), after(minutes=1))
    return ended.state, on.state


def affected(*cases: Case) -> Affected:
    found: Affected | None = None
    for case in cases:
        outcome = link(found, INCIDENT, "ann", linked(case), None, NOON)
        assert outcome is not None
        found = outcome[0]
    assert found is not None
    return found


def world(states: Sequence[CaseState], customers: Affected) -> World:
    made = World()
    made.incidents = [INCIDENT.model_copy(update={"delay_hours": 96})]
    made.cases = {state.case.case_id: state for state in states}
    made.affected = {customers.affected_id: customers}
    return made


def announced(told: Told) -> list[CaseChanged]:
    return [CaseChanged.model_validate_json(m.value) for m in told.messages if m.topic == CASES.name]


def parcels(told: Told) -> list[IncidentParcel]:
    return [IncidentParcel.model_validate_json(m.value) for m in told.messages if m.topic == INCIDENTS.name]


@pytest.mark.req("RO-11", "RO-12")
async def test_another_estimate_reaches_the_case_that_the_parcels_case_was_merged_into() -> None:
    """By way of a third one, and where another parcel of the incident is in that case too it is reached once."""
    first = under_it(1)
    ended, second = merged(first, opened("快递到哪了", n=2, who=ANN))
    over, last = merged(second, opened("快递到哪了", n=3, who=ANN, tracking_numbers=("SF3",)))
    here = world([ended, over, last], affected(first.case, last.case))
    told = await reestimated(here, after(hours=1))
    (changed,) = announced(told)
    assert changed.case.case_id == last.case.case_id
    now = here.cases[last.case.case_id].case
    assert now.version == last.case.version + 1
    assert now.estimate is not None
    assert last.case.estimate is not None
    assert (now.estimate.at - last.case.estimate.at).total_seconds() == 72 * 3600
    assert [(one.tracking_number, one.expected_at, one.tell) for one in parcels(told)] == [
        ("SF1", now.estimate.at, True),
        ("SF3", now.estimate.at, False),
    ]
    assert (await reestimated(here, after(hours=2))).messages == [], "once"


def test_a_ring_of_merges_ends_nevertheless() -> None:
    one, other = opened(n=1), opened(n=2)
    ring = {
        a.case.case_id: CaseState(a.case.model_copy(update={"merged_into": b.case.case_id}))
        for a, b in ((one, other), (other, one))
    }
    assert in_hand(one.case.case_id, ring) == one.case.case_id
    assert MERGES % 2 == 0


@pytest.mark.req("RO-5", "RO-12")
@pytest.mark.parametrize(
    ("until", "group", "by"), [(after(days=9), "vip", "volume"), (after(hours=1), "tracing", None)]
)
async def test_who_became_a_key_account_meanwhile_has_the_mark_when_the_incident_ends(
    until: datetime, group: str, by: str | None
) -> None:
    here = World()
    here.incidents.append(INCIDENT)
    await Process(here).handle([raised(n=1, tracking="SF1", consignee=ANN, place=HUB)])
    (reserved,) = here.cases.values()
    assert (reserved.reserved, reserved.case.customer.tier_by) == (True, None)
    here.key_until["ann"] = until
    here.incidents = [INCIDENT.model_copy(update={"status": IncidentStatus.CLOSED})]
    (changed,) = announced(await let_go(here, after(hours=2)))
    assert (changed.case.group, changed.case.customer.tier_by) == (group, by)

"""Agents' acts: what each does, and what is refused with a reason for people (RO-4, RO-9, RO-14)."""

import pytest

from services.routing.acts import (
    POSSIBLE,
    Act,
    Actor,
    Assign,
    Close,
    Decline,
    NoteHandOver,
    Reclassify,
    Reply,
    Resolve,
    Take,
    Wait,
)
from services.routing.case import decide
from services.routing.refusals import ActRefused, IllegalMove, NotAllowed
from services.routing.state import CaseState
from shared.contracts.cases import CaseKind, CaseStatus
from shared.contracts.classification import Decider
from shared.contracts.personal import Personal
from tests.unit.routing.builders import after, decided, names, opened, rules

ANN = Actor("zhao.min", frozenset({"agent"}), frozenset({"tracing"}))
BOB = Actor("sun.tao", frozenset({"agent"}), frozenset({"tracing"}))
EVE = Actor("he.li", frozenset({"agent"}), frozenset({"claims"}))
LEAD = Actor("lead.one", frozenset({"lead"}))
TEXT = Personal("好的")


def in_status(status: CaseStatus) -> CaseState:
    """A case of ann's in that status."""
    state = opened("快递到哪了")
    if status is CaseStatus.QUEUED:
        return state
    state = decided(state, Take(ANN), after(seconds=1)).state
    path: dict[CaseStatus, list[Act]] = {
        CaseStatus.ASSIGNED: [],
        CaseStatus.WAITING_CUSTOMER: [Wait(ANN, TEXT)],
        CaseStatus.RESOLVED: [Resolve(ANN, TEXT)],
        CaseStatus.CLOSED: [Close(ANN, TEXT)],
    }
    for act in path[status]:
        state = decided(state, act, after(seconds=2)).state
    return state


def act_of(kind: type[Act], actor: Actor = ANN) -> Act:
    if kind is Take:
        return Take(actor)
    if kind is Decline:
        return Decline(actor, "不懂海关业务")
    if kind is Reply:
        return Reply(actor, TEXT)
    if kind is Wait:
        return Wait(actor, TEXT)
    if kind is Resolve:
        return Resolve(actor, TEXT)
    if kind is Close:
        return Close(actor, TEXT)
    if kind is Reclassify:
        return Reclassify(actor, kind=CaseKind.COMPLAINT)
    if kind is NoteHandOver:
        return NoteHandOver(actor, TEXT)
    return Assign(actor, group="claims")


EVERY = [(kind, status) for kind in POSSIBLE for status in CaseStatus]


@pytest.mark.req("RO-4", "RO-14")
@pytest.mark.parametrize(("kind", "status"), EVERY, ids=lambda v: getattr(v, "__name__", str(v)))
def test_every_act_in_every_status_is_done_or_refused_with_a_reason(kind: type[Act], status: CaseStatus) -> None:
    state = in_status(status)
    actor = LEAD if kind is Assign else ANN
    if status in POSSIBLE[kind]:
        found = decide(state, act_of(kind, actor), rules(), after(seconds=3))
        assert found is not None
        assert found.changes
        assert found.state.case.version == state.case.version + 1
        return
    with pytest.raises(IllegalMove) as refused:
        decide(state, act_of(kind, actor), rules(), after(seconds=3))
    assert refused.value.code == "wrong_status"
    assert refused.value.en
    assert any("\u4e00" <= letter <= "\u9fff" for letter in refused.value.zh)


def refusal(state: CaseState, act: Act) -> ActRefused:
    with pytest.raises(ActRefused) as refused:
        decide(state, act, rules(), after(seconds=3))
    return refused.value


@pytest.mark.req("RO-4")
@pytest.mark.parametrize("kind", [Reply, Wait, Resolve, Close, Reclassify])
def test_another_agents_case_is_left_alone(kind: type[Act]) -> None:
    refused = refusal(in_status(CaseStatus.ASSIGNED), act_of(kind, BOB))
    assert isinstance(refused, NotAllowed)
    assert refused.code == "not_yours"


@pytest.mark.req("RO-4")
def test_a_lead_may_act_on_any_case() -> None:
    found = decided(in_status(CaseStatus.ASSIGNED), Reply(LEAD, TEXT), after(seconds=3))
    assert found.changes[-1].type == "replied"


@pytest.mark.req("RO-4")
def test_an_agent_takes_only_from_own_groups() -> None:
    assert refusal(in_status(CaseStatus.QUEUED), Take(EVE)).code == "other_group"
    taken = decided(in_status(CaseStatus.QUEUED), Take(Actor("x", frozenset({"agent"}))), after(seconds=3))
    assert taken.state.case.agent == "x"


@pytest.mark.req("RO-14")
def test_closing_needs_a_summary() -> None:
    assert refusal(in_status(CaseStatus.ASSIGNED), Close(ANN)).code == "summary_missing"
    resolved = decided(in_status(CaseStatus.ASSIGNED), Resolve(ANN), after(seconds=3)).state
    assert refusal(resolved, Close(ANN)).code == "summary_missing"
    closed = decided(in_status(CaseStatus.RESOLVED), Close(ANN), after(seconds=4))
    assert names(closed) == ["closed"]
    assert closed.state.case.summary == TEXT


@pytest.mark.req("RO-14")
def test_closing_at_once_resolves_too() -> None:
    closed = decided(in_status(CaseStatus.ASSIGNED), Close(ANN, TEXT), after(seconds=4))
    assert names(closed) == ["first_response:met", "resolution:met", "resolved", "survey_asked", "closed"]


@pytest.mark.req("RO-9")
def test_an_agent_hands_over_to_a_group_and_a_lead_to_an_agent() -> None:
    state = in_status(CaseStatus.ASSIGNED)
    handed = decided(state, Assign(ANN, group="claims"), after(seconds=3)).state.case
    assert (handed.status, handed.agent, handed.group) == (CaseStatus.QUEUED, None, "claims")
    assert refusal(state, Assign(ANN, agent="he.li")).code == "lead_only"
    given = decided(state, Assign(LEAD, agent="he.li", group="claims"), after(seconds=3)).state.case
    assert (given.status, given.agent, given.group) == (CaseStatus.ASSIGNED, "he.li", "claims")


@pytest.mark.req("RO-9")
def test_a_waiting_case_that_is_handed_over_runs_again() -> None:
    handed = decided(in_status(CaseStatus.WAITING_CUSTOMER), Assign(ANN, group="claims"), after(seconds=3))
    assert names(handed) == ["resolution:resumed", "classified"]


@pytest.mark.req("RO-9")
@pytest.mark.parametrize(
    ("act", "code"),
    [
        (Assign(LEAD), "nobody_named"),
        (Assign(LEAD, group="nowhere"), "unknown_group"),
        (Assign(LEAD, agent="nobody"), "unknown_agent"),
        (Assign(BOB, group="claims"), "not_yours"),
    ],
)
def test_an_assignment_names_somebody_known(act: Act, code: str) -> None:
    assert refusal(in_status(CaseStatus.ASSIGNED), act).code == code


@pytest.mark.req("RO-2")
def test_a_queued_case_that_is_reclassified_goes_to_the_group_of_its_subject() -> None:
    state = in_status(CaseStatus.QUEUED)
    found = decided(state, Reclassify(ANN, CaseKind.CLAIM, ("damage", "compensation"), 1), after(seconds=3))
    case = found.state.case
    assert "classified" in names(found)
    assert (case.group, case.status, case.agent) == ("claims", CaseStatus.QUEUED, None)
    about = case.classification
    assert (about.kind, about.tags, about.priority) == (CaseKind.CLAIM, ("damage", "compensation"), 1)
    assert (about.decided_by, about.confidence, about.rule) == (Decider.AGENT, 1, "agent")
    assert found.state.said == Personal("快递到哪了")
    assert refusal(state, Reclassify(EVE, CaseKind.CLAIM)).code == "other_group"


@pytest.mark.req("RO-2")
def test_who_handles_a_case_keeps_it_when_reclassifying() -> None:
    found = decided(in_status(CaseStatus.ASSIGNED), Reclassify(ANN, tags=("customs",)), after(seconds=3)).state.case
    assert (found.agent, found.group, found.classification.tags) == (ANN.agent, "tracing", ("customs",))
    assert found.classification.kind is CaseKind.QUERY


@pytest.mark.req("RO-2")
@pytest.mark.parametrize(
    ("act", "code"),
    [
        (Reclassify(ANN, tags=("where_is", "nonsense")), "unknown_tag"),
        (Reclassify(ANN, kind=CaseKind.QUERY, tags=("where_is",)), "nothing_changed"),
    ],
)
def test_a_correction_corrects_to_something_known(act: Act, code: str) -> None:
    assert refusal(in_status(CaseStatus.ASSIGNED), act).code == code

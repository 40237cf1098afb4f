"""Whatever the order and repetition of a case's events: each notice once, and the view of the highest versions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notify.changes import change_set
from services.notify.example import story
from services.notify.plan import concerns
from services.notify.project import case_view, claim_view
from services.notify.view import MAX_TIMELINE, View
from shared.contracts import cases
from shared.contracts.cases import CaseChanged
from tests.unit.notify.events import RULES, STORY, case_changes, changed, notice, plan


def run(events: Sequence[Any]) -> tuple[View | None, list[str]]:
    """The last view, and the ids of the notices in the order they were asked for."""
    view: View | None = None
    ids: list[str] = []
    for event in events:
        decision = plan(event, view)
        view = decision.state or view
        ids += [notice(decision).notice_id] if decision.messages else []
    return view, ids


def without_count(view: View | None) -> View | None:
    return view and replace(view, version=0)


@st.composite
def shuffled(draw: st.DrawFn, events: Sequence[Any]) -> list[Any]:
    """All events in any order, some of them again."""
    again = draw(st.lists(st.sampled_from(list(events)), max_size=10))
    return draw(st.permutations([*events, *again]))


@pytest.mark.req("NO-3", "SY-2")
@given(shuffled(STORY))
def test_the_storys_notices_and_view_are_the_same_in_any_order(events: list[Any]) -> None:
    view, ids = run(STORY)
    other_view, other_ids = run(events)
    assert sorted(other_ids) == sorted(ids)
    assert len(set(other_ids)) == len(other_ids)
    assert without_count(other_view) == without_count(view)


def versions(change_sets: Sequence[Sequence[cases.Change]]) -> list[CaseChanged]:
    """A case whose visible state differs with each version, unless only a warning changed."""
    events: list[CaseChanged] = []
    group = "claims"
    for version, changes in enumerate(change_sets, start=1):
        event = changed(*changes, version=version, group=group)
        if concerns(event, RULES):
            group = f"group-{version}"
            event = changed(*changes, version=version, group=group)
        events.append(event)
    return events


@pytest.mark.req("NO-3", "NO-5")
@settings(max_examples=60)
@given(st.data())
def test_an_older_version_never_overwrites_a_newer_one(data: st.DataObject) -> None:
    lists = st.lists(st.lists(case_changes, min_size=1, max_size=3), min_size=1, max_size=8)
    events = versions(data.draw(lists))
    shown = [event for event in events if concerns(event, RULES)]
    view, ids = run(data.draw(shuffled(events)))
    _, in_order = run(events)
    assert sorted(ids) == sorted(in_order)
    if shown:
        assert view is not None
        assert view.case == case_view(shown[-1].case)
    else:
        assert view is None


@pytest.mark.req("NO-5")
def test_case_and_claims_are_guarded_apart() -> None:
    newest_claim, newest_case = STORY[8], STORY[9]
    view, _ = run([newest_claim, newest_case, STORY[4], STORY[0]])
    assert view is not None
    assert view.case == case_view(newest_case.case)  # type: ignore[union-attr]
    assert view.claims == (claim_view(newest_claim.claim),)  # type: ignore[union-attr]


@pytest.mark.req("NO-5")
def test_the_timeline_is_newest_first_and_bounded() -> None:
    events = versions([[cases.Reopened()]] * (MAX_TIMELINE + 20))
    view, ids = run(list(reversed(events)))
    assert view is not None
    assert len(view.timeline) == MAX_TIMELINE
    assert view.timeline[0].of == change_set(events[-1])
    assert len(set(ids)) == len(events)


@pytest.mark.req("NO-5")
def test_a_repeat_writes_nothing() -> None:
    view, _ = run(STORY)
    for event in story("zh"):
        decision = plan(event, view)
        assert (decision.state, decision.messages) == (None, ())

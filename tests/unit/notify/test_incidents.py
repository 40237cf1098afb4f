"""RO-12, NO-1: a customer is told of an incident once when it begins and once when it is over; the page shows it."""

from datetime import timedelta
from typing import Any

import pytest

from services.notify.example import START, event_of
from services.notify.page import build_page
from services.notify.plan import decide
from services.notify.preview import incoming, preview
from services.notify.texts import Speaker, load_texts
from services.notify.view import View
from shared.contracts import cases
from shared.contracts.estimates import EstimateMoved
from shared.contracts.incidents import IncidentParcel
from shared.contracts.notices import NoticeKind, NoticeRequested
from tests.unit.notify.events import PLANNER, RULES, changed, plan

pytestmark = pytest.mark.req("RO-12", "NO-1")


def parcel(language: Any = "zh", **fields: Any) -> IncidentParcel:
    event = event_of(NoticeKind.INCIDENT, language)
    assert isinstance(event, IncidentParcel)
    return event.model_copy(update=fields)


def heard(event: IncidentParcel, view: View | None = None, place: int = 0) -> tuple[View, list[NoticeRequested]]:
    decision = decide(view, incoming(event, place), PLANNER, START)
    assert decision.state is not None
    return decision.state, [NoticeRequested.model_validate_json(m.value) for m in decision.messages]


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("zh", ["杭州转运中心", "时效延误", "YT8812340091276", "11月22日"]),
        ("en", ["at Hangzhou hub", "Delayed", "22 Nov"]),
    ],
)
def test_the_notice_names_place_kind_and_revised_estimate(language: Any, says: list[str]) -> None:
    notice = preview(PLANNER, NoticeKind.INCIDENT, language)
    told = f"{notice.subject.reveal()}\n{notice.text.reveal()}"
    assert [word for word in says if word not in told] == []
    assert notice.kind is NoticeKind.INCIDENT


def test_without_an_estimate_none_is_named() -> None:
    _, (notice,) = heard(parcel(expected_at=None))
    assert "预计" not in notice.text.reveal()


def test_a_reserved_case_has_a_page_and_the_answer_finds_its_number() -> None:
    view, (notice,) = heard(parcel(reserved=True))
    assert (view.number, view.case, notice.case_number) == ("PC7K2M9Q4D", None, "PC7K2M9Q4D")
    page = build_page(view, RULES, Speaker(load_texts(START.date()), "zh"), START)
    assert page.kind == "包裹异常"
    assert "杭州转运中心" in page.days[0].moments[0].text


def test_it_is_told_once_and_shown_always() -> None:
    view, notices = heard(parcel())
    again = decide(view, incoming(parcel()), PLANNER, START)
    assert again.state is None
    assert again.messages == ()
    shared, silent = heard(parcel(tell=False, case_id="other"))
    assert (len(notices), silent, len(shared.timeline)) == (1, [], 1)


@pytest.mark.parametrize(
    ("reason", "tell", "said"),
    [("moved_on", True, "已恢复运输"), ("closed", True, "突发情况已解除"), ("closed", False, "")],
)
def test_its_end_is_told(reason: str, tell: bool, said: str) -> None:
    view, _ = heard(parcel())
    after, notices = heard(parcel(move="over", reason=reason, tell=tell), view, 1)
    assert [said in notice.text.reveal() for notice in notices] == [True] * tell
    assert len(after.timeline) == 2


def test_another_estimate_is_told_by_the_incident_once_and_shown_for_every_parcel() -> None:
    view, _ = heard(parcel())
    moved = {"move": "estimated", "owner_version": 5, "expected_at": START + timedelta(hours=96)}
    after, (notice,) = heard(parcel(**moved), view, 1)
    assert notice.kind is NoticeKind.INCIDENT
    assert "预计送达时间更新：11月24日" in notice.text.reveal()
    again, (later,) = heard(parcel(**moved | {"owner_version": 9}), after, 2)
    assert (len(again.timeline), later.notice_id != notice.notice_id) == (3, True)
    assert decide(again, incoming(parcel(**moved), 1), PLANNER, START).messages == ()
    shared, silent = heard(parcel(**moved, tell=False, case_id="other"))
    assert (silent, len(shared.timeline)) == ([], 1)
    of_case = plan(changed(EstimateMoved(after=START + timedelta(hours=96), told=False)))
    assert of_case.messages == ()


def test_that_a_case_came_under_it_is_told_by_the_incident_alone() -> None:
    decision = plan(changed(cases.IncidentJoined(incident_id="i", incident_number="IN1")))
    assert decision.messages == ()
    assert decision.ignored

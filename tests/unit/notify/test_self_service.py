"""RO-3: a question that is answered by itself is told of in one message, and whoever gets a person is told so."""

from typing import Any

import pytest

from shared.contracts import cases
from shared.contracts.cases import CaseStatus, SelfService
from shared.contracts.personal import Personal
from shared.contracts.surveys import SurveyAsked
from tests.unit.notify.events import START, changed, notice, plan

pytestmark = pytest.mark.req("RO-3", "NO-1")

LOOKING = SelfService(answer="where_is", group="tracing", until=START)
DONE = LOOKING.model_copy(update={"until": None})
REPLY = cases.Replied(agent="self_service", text=Personal("最新进展：派件"))
ANSWER: dict[str, Any] = {"status": CaseStatus.RESOLVED, "answered_by": "self_service", "self_service": DONE}


def test_while_the_parcel_is_looked_up_nothing_is_told_and_the_page_shows_it() -> None:
    found = plan(changed(cases.Opened(), group="self_service", self_service=LOOKING))
    assert found.messages == ()
    assert found.state is not None
    assert found.state.timeline[0].row == "received_looking_up"


@pytest.mark.parametrize(
    "changes",
    [
        (cases.ParcelUpdated(), REPLY, cases.Resolved(by="self_service"), SurveyAsked()),
        (cases.Opened(), cases.Classified(), REPLY, cases.Resolved(by="self_service"), SurveyAsked()),
    ],
)
def test_the_answer_is_one_message_with_the_link(changes: Any) -> None:
    told = notice(plan(changed(*changes, **ANSWER)))
    assert told.kind == "reply"
    text = told.text.reveal()
    assert "最新进展：派件" in text
    assert "/p/" in text
    assert "已受理" not in text
    assert "等待您确认" not in text


@pytest.mark.parametrize(
    ("reason", "words"), [("asked", "转接人工"), ("again", "转人工"), ("late", "人工客服为您核实")]
)
def test_whoever_gets_a_person_is_told_once(reason: Any, words: str) -> None:
    told = notice(plan(changed(cases.HandedOver(reason=reason), cases.Reopened(), self_service=DONE)))
    assert told.kind == "stage"
    assert words in told.text.reveal()
    if reason in ("asked", "again"):
        assert "重新打开" not in told.text.reveal()


def test_the_receipt_says_that_a_person_was_asked_for() -> None:
    told = notice(plan(changed(cases.Opened(), cases.HandedOver(reason="asked"))))
    assert told.kind == "received"
    assert "转接人工" in told.text.reveal()


def test_closing_what_was_answered_by_itself_is_not_told_again() -> None:
    assert plan(changed(cases.Closed(by="system"), **{**ANSWER, "status": CaseStatus.CLOSED})).messages == ()

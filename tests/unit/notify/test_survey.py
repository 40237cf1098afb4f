"""RO-14: the page that asks how satisfied one is, what it sends on, and the notices that lead there."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from services.notify.example import CASE_ID, START
from services.notify.indicators import Indicators
from services.notify.survey.api import SurveyApi
from services.notify.survey.form import Filled
from services.notify.view import SurveyView, View
from shared.contracts import cases
from shared.contracts.cases import CaseStatus, Survey
from shared.contracts.personal import Personal
from shared.contracts.surveys import LONGEST_WORDS, SurveyAsked, SurveySubmitted
from shared.messaging.message import Outgoing
from shared.messaging.publisher import PublishFailed
from shared.web import problem_handlers
from tests.unit.notify.events import LINKS, changed, notice, plan
from tests.unit.notify.test_api import FakeStore
from tests.unit.notify.test_page import PAGES, after, shown

pytestmark = pytest.mark.req("RO-14", "NO-6")

NOW = START + timedelta(hours=6)
PAGE = f"/p/{LINKS.token(CASE_ID)}/survey"
ASKED = SurveyView(asked_at=START + timedelta(hours=5), until=START + timedelta(hours=53))


def asked_view(survey: SurveyView | None = ASKED) -> View:
    view = after(5)
    assert view.case is not None
    case = replace(view.case, status=CaseStatus.RESOLVED, summary=Personal("已补发，电话 13812345678"), survey=survey)
    return replace(view, case=case)


class Topic:
    """Where answers go."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.down = False

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        if self.down:
            raise PublishFailed("1 messages")
        self.sent += messages

    @property
    def answers(self) -> list[SurveySubmitted]:
        return [SurveySubmitted.model_validate_json(message.value) for message in self.sent]


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore(asked_view())


@pytest.fixture
async def client(store: FakeStore, topic: Topic) -> AsyncIterator[httpx.AsyncClient]:
    api = SurveyApi(store, PAGES, topic.publish, Indicators(CollectorRegistry()), lambda: NOW)  # type: ignore[arg-type]
    app = Starlette(routes=api.routes(), exception_handlers=problem_handlers())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notify") as made:
        yield made


async def test_the_form_shows_what_was_done_masked_and_may_only_be_sent_to_us(client: httpx.AsyncClient) -> None:
    page = await client.get(PAGE)
    assert page.status_code == 200
    assert page.text.count('type="radio"') == 5
    assert "已补发" in page.text
    assert "13812345678" not in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]


@pytest.mark.parametrize(("score", "checked"), [("4", 1), ("6", 0), ("x", 0), ("", 0)])
async def test_a_link_of_the_mail_chooses_beforehand_and_answers_nothing(
    client: httpx.AsyncClient, topic: Topic, score: str, checked: int
) -> None:
    page = await client.get(f"{PAGE}?score={score}")
    assert page.text.count(" checked") == checked
    assert topic.sent == []


@pytest.mark.parametrize(("language", "thanks"), [("zh", "谢谢您的评价"), ("en", "Thank you")])
async def test_an_answer_is_an_event_and_the_same_again_the_same_event(
    client: httpx.AsyncClient, topic: Topic, language: str, thanks: str
) -> None:
    for score in ("5", "1"):
        page = await client.post(f"{PAGE}?lang={language}", data={"score": score, "words": " 很快 "})
        assert page.status_code == 200
        assert thanks in page.text
    first = topic.answers[0]
    assert (first.case_id, first.score, first.words, first.asked_at) == (CASE_ID, 5, Personal("很快"), ASKED.asked_at)
    assert len({message.id for message in topic.sent}) == 1
    assert {message.key for message in topic.sent} == {CASE_ID}


@pytest.mark.parametrize(
    ("score", "reopens", "said"), [(5, 2, "很高兴"), (3, 2, "做得更好"), (2, 2, "会重新打开"), (2, 0, "做得更好")]
)
async def test_only_what_opens_the_case_again_is_promised(
    client: httpx.AsyncClient, store: FakeStore, score: int, reopens: int, said: str
) -> None:
    store.view = asked_view(replace(ASKED, reopens_up_to=reopens))
    assert said in (await client.post(PAGE, data={"score": str(score)})).text


async def test_without_a_score_the_words_stay(client: httpx.AsyncClient, topic: Topic) -> None:
    page = await client.post(PAGE, data={"words": "还可以"})
    assert page.status_code == 422
    assert "还可以" in page.text
    assert topic.sent == []


async def test_what_could_not_be_kept_is_said_and_stays_on_the_page(client: httpx.AsyncClient, topic: Topic) -> None:
    topic.down = True
    page = await client.post(PAGE, data={"score": "4", "words": "好"})
    assert page.status_code == 503
    assert page.headers["retry-after"]
    assert " checked" in page.text


@pytest.mark.parametrize(
    ("survey", "status", "said"),
    [
        (replace(ASKED, score=4), 200, "您打了 4 分"),
        (replace(ASKED, closed=True), 200, "评价已截止"),
        (replace(ASKED, until=NOW), 200, "评价已截止"),
        (None, 404, "找不到"),
    ],
)
async def test_what_is_over_takes_no_more_answers(
    client: httpx.AsyncClient, store: FakeStore, topic: Topic, survey: SurveyView | None, status: int, said: str
) -> None:
    store.view = asked_view(survey)
    for page in (await client.get(PAGE), await client.post(PAGE, data={"score": "1"})):
        assert page.status_code == status
        assert said in page.text
    assert topic.sent == []


async def test_a_stranger_and_a_database_that_is_down_get_a_page_too(
    client: httpx.AsyncClient, store: FakeStore
) -> None:
    assert (await client.get("/p/nobody/survey")).status_code == 404
    assert (await client.post(PAGE, content=b"x" * 20_000)).status_code == 413
    store.down = True
    assert (await client.get(PAGE)).status_code == 503


@given(st.binary(max_size=400))
def test_whatever_a_form_sends_is_read(body: bytes) -> None:
    filled = Filled.of(body)
    assert filled.score in (None, 1, 2, 3, 4, 5)
    assert len(filled.words) <= LONGEST_WORDS


SURVEY = Survey(asked_at=START, until=START + timedelta(hours=48))


@pytest.mark.parametrize(("language", "words"), [("zh", "1 至 5 分"), ("en", "1 to 5")])
@pytest.mark.parametrize(
    "changes",
    [
        (cases.Resolved(by="a1"), SurveyAsked()),
        (cases.Resolved(by="a1"), SurveyAsked(), cases.Closed(by="a1")),
        (
            cases.Replied(agent="self_service", text=Personal("已签收")),
            cases.Resolved(by="self_service"),
            SurveyAsked(),
        ),
    ],
)
def test_the_one_notice_of_a_resolution_asks(language: str, words: str, changes: Any) -> None:
    told = notice(plan(changed(*changes, language=language, status=CaseStatus.RESOLVED, survey=SURVEY)))
    assert words in told.text.reveal()
    assert LINKS.survey(CASE_ID) in told.text.reveal()


def test_other_notices_do_not_ask() -> None:
    assert "survey" not in notice(plan(changed(cases.Replied(agent="a1", text=Personal("好"))))).text.reveal()
    late = SURVEY.model_copy(update={"closed_at": START})
    closed = plan(changed(cases.Closed(by="system"), status=CaseStatus.CLOSED, survey=late))
    assert "survey" not in notice(closed).text.reveal()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_progress_page_asks_and_then_shows_the_rating(language: str) -> None:
    page = shown(asked_view(), language, hours=6)
    assert (page.rate, page.rated) == (True, 0)
    assert f"{PAGE}?lang={language}" in PAGES.page(asked_view(), language, NOW)
    rated = asked_view(replace(ASKED, score=4))
    assert (shown(rated, language).rate, shown(rated, language).rated) == (False, 4)
    assert "4 / 5" in PAGES.page(rated, language, NOW)

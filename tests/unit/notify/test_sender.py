"""Batches of notices: order within a customer, what holds back whom, and what becomes of each result."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from standardwebhooks.webhooks import Webhook

from services.notify.delivery import Delayed, Delivery, Refused, Sent
from services.notify.indicators import Indicators
from services.notify.sender import NoticeSender, outcome_of
from services.notify.webhook import Receiver, WebhookSender, load_receivers
from shared.contracts.base import derived_id
from shared.contracts.notices import NoticeKind, NoticeRequested
from shared.messaging.message import Incoming
from shared.messaging.outcome import Done, Retry
from tests.answering import answered_by

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS1tZXJjaGFudC0wMTIz"


def record(notice_id: str, customer: str = "k1", channel: Any = "email") -> Incoming[NoticeRequested]:
    notice = NoticeRequested(
        notice_id=notice_id,
        kind=NoticeKind.STAGE,
        case_id="c1",
        case_number="PC1",
        customer_id=customer,
        language="zh",
        channel=channel,
        address="merchant",
        subject="s",
        text="t",
        caused_at=AT,
    )
    return Incoming(derived_id(notice_id, "x"), "t", notice, customer, AT, "t", 0, 0, 0)


class Fake:
    """Delivers after `delays`, with the results given by notice id."""

    def __init__(self, results: dict[str, Delivery] | None = None, hang: frozenset[str] = frozenset()) -> None:
        self.results = results or {}
        self.hang = hang
        self.tried: list[str] = []
        self.at_once = self.most = 0

    async def deliver(self, notice: NoticeRequested) -> Delivery:
        self.tried.append(notice.notice_id)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        if notice.notice_id in self.hang:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        self.at_once -= 1
        return self.results.get(notice.notice_id, Sent(AT))


def sender(channel: Fake, deadline: float = 5) -> NoticeSender:
    return NoticeSender({"email": channel, "webhook": channel}, Indicators(CollectorRegistry()), deadline)


async def perform(channel: Fake, batch: list[Incoming[NoticeRequested]], deadline: float = 5) -> list[Any]:
    handler = await sender(channel, deadline).perform(batch)
    return list(await handler(batch, None))  # type: ignore[arg-type]


@pytest.mark.req("NO-3")
async def test_customers_at_the_same_time_each_in_order() -> None:
    channel = Fake()
    batch = [record(f"{customer}{n}", customer) for n in range(4) for customer in "abc"]
    outcomes = await perform(channel, batch)
    assert channel.most == 3
    for customer in "abc":
        assert [i for i in channel.tried if i[0] == customer] == [f"{customer}{n}" for n in range(4)]
    assert all(isinstance(outcome, Done) for outcome in outcomes)


@pytest.mark.req("NO-3", "SY-3")
async def test_a_delay_holds_back_what_is_behind_it_of_that_customer_alone() -> None:
    channel = Fake({"a1": Delayed("mail server: 451")})
    outcomes = await perform(channel, [record(i, i[0]) for i in ("a0", "a1", "a2", "b0")])
    assert [type(outcome) for outcome in outcomes] == [Done, Retry, Retry, Done]
    assert "a2" not in channel.tried


@pytest.mark.req("NO-3")
async def test_what_was_delivered_is_not_delivered_again_when_the_transaction_runs_again() -> None:
    channel = Fake({"b0": Delayed("x")})
    both = sender(channel)
    batch = [record("a0", "a"), record("b0", "b")]
    await both.perform(batch)
    handler = await both.perform(batch)
    assert channel.tried == ["a0", "b0", "b0"]
    assert isinstance((await handler(batch, None))[0], Done)  # type: ignore[arg-type]


@pytest.mark.req("SY-3")
async def test_a_provider_that_hangs_costs_the_batch_its_deadline_and_no_more() -> None:
    channel = Fake(hang=frozenset({"a0"}))
    outcomes = await perform(channel, [record("a0", "a"), record("b0", "b")], deadline=0.05)
    assert [type(outcome) for outcome in outcomes] == [Retry, Done]


async def test_an_unforeseen_error_is_not_taken_for_a_delay() -> None:
    class Broken(Fake):
        async def deliver(self, notice: NoticeRequested) -> Delivery:
            raise KeyError("a mistake")

    with pytest.raises(KeyError):
        await perform(Broken(), [record("a0")])


@pytest.mark.req("NO-2")
@pytest.mark.parametrize(
    ("delivery", "event_type", "fields"),
    [
        (Sent(AT), "parcelcare.notice.sent", b'"sent_at"'),
        (Refused(AT, "mail server: 550"), "parcelcare.notice.failed", b'"reason":"mail server: 550"'),
    ],
)
def test_final_results_are_events_of_the_customer(delivery: Delivery, event_type: str, fields: bytes) -> None:
    outcome = outcome_of(record("a0"), delivery)
    assert isinstance(outcome, Done)
    (message,) = outcome.messages
    assert (message.type, message.key, message.topic) == (event_type, "k1", "notices.v1")
    assert fields in message.value
    assert outcome == outcome_of(record("a0"), delivery)


def webhook(answers: list[Any], seen: list[httpx.Request]) -> WebhookSender:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        given = answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return httpx.Response(given)

    receivers = {"merchant": Receiver("https://merchant.example/hooks", SECRET)}
    return WebhookSender(receivers, answered_by(answer), lambda: AT)


@pytest.mark.req("NO-2")
@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (200, Sent),
        (204, Sent),
        (410, Refused),
        (400, Refused),
        (404, Refused),
        (301, Refused),
        (408, Delayed),
        (429, Delayed),
        (500, Delayed),
        (503, Delayed),
        (httpx.ConnectTimeout("x"), Delayed),
        (httpx.ReadError("x"), Delayed),
    ],
)
async def test_what_a_receivers_answer_means(answer: Any, result: type) -> None:
    assert isinstance(await webhook([answer], []).deliver(record("n1").event), result)


@pytest.mark.req("NO-2", "NO-3")
async def test_a_webhook_is_signed_and_repeats_keep_id_and_body() -> None:
    seen: list[httpx.Request] = []
    hooks = webhook([503, 204], seen)
    await hooks.deliver(record("n1").event)
    await hooks.deliver(record("n1").event)
    for request in seen:
        payload = Webhook(SECRET).verify(request.content, dict(request.headers))
        assert payload["data"]["notice_id"] == request.headers["webhook-id"] == "n1"
    assert seen[0].content == seen[1].content


async def test_an_unknown_receiver_is_final() -> None:
    result = await webhook([], []).deliver(record("n1").event.model_copy(update={"address": record("x").event.text}))
    assert result == Refused(AT, "webhook: no such receiver")


def test_receivers_come_from_the_secrets(tmp_path: Any) -> None:
    (tmp_path / "webhooks.json").write_text(
        '{"merchant": {"secret": "whsec_a"}, "other": {"secret": "whsec_b", "url": "https://o.example/x"}}'
    )
    receivers = load_receivers(tmp_path, "http://sink/")
    assert receivers["merchant"].url == "http://sink/hooks/merchant"
    assert receivers["other"].url == "https://o.example/x"
    assert "whsec_a" not in repr(receivers)
    (tmp_path / "webhooks.json").write_text('{"merchant": {}}')
    with pytest.raises(ValueError, match="merchant: secret is missing"):
        load_receivers(tmp_path, "http://sink")

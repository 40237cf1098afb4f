"""Personal data stays out of logs, representations and opaque ids, also when everything goes wrong (SY-5)."""

import logging

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from structlog.testing import capture_logs

from services.notify.delivery import Delayed, Delivery
from services.notify.example import START, story
from services.notify.handlers import ChangeHandler
from services.notify.indicators import Indicators
from services.notify.sender import NoticeSender
from services.notify.view import View
from shared.contracts.notices import NoticeRequested
from shared.messaging.message import Incoming
from shared.messaging.outcome import Done
from tests.unit.notify.events import PLANNER, STORY, incoming, notice, plan

SECRETS = ("13812345678", "zhou.xm", "周晓敏", "外箱一角", "6222020200112233")


def assert_silent(*texts: object) -> None:
    for text in texts:
        assert not [secret for secret in SECRETS if secret in str(text)]


@pytest.mark.req("SY-5")
def test_representations_of_states_and_notices_are_masked() -> None:
    view: View | None = None
    for event in STORY:
        decision = plan(event, view)
        view = decision.state or view
        assert_silent(repr(event), repr(view), str(view))
        for message in decision.messages:
            assert_silent(repr(notice(decision)), message.key, message.id, message.headers())


class MemoryStore:
    def __init__(self) -> None:
        self.views: dict[str, View] = {}

    async def load(self, case_ids: list[str], session: object) -> dict[str, View]:
        return {case_id: self.views[case_id] for case_id in case_ids if case_id in self.views}

    async def save(self, before: dict[str, View], changed: dict[str, View], session: object) -> None:
        self.views |= changed


class Down:
    async def deliver(self, notice: NoticeRequested) -> Delivery:
        return Delayed("mail server: 451")


@pytest.mark.req("SY-5", "NO-1")
async def test_logs_and_indicators_of_a_whole_run_are_silent(caplog: pytest.LogCaptureFixture) -> None:
    registry = CollectorRegistry()
    indicators = Indicators(registry)
    handler = ChangeHandler(MemoryStore(), PLANNER, lambda: START, indicators)  # type: ignore[arg-type]
    sender = NoticeSender({"email": Down()}, indicators, 5)
    with capture_logs() as logs, caplog.at_level(logging.DEBUG):
        outcomes = await handler([incoming(event) for event in STORY], None)  # type: ignore[arg-type]
        requests = [
            NoticeRequested.model_validate_json(message.value)
            for outcome in outcomes
            if isinstance(outcome, Done)
            for message in outcome.messages
        ]
        assert len(requests) == 8
        batch = [Incoming(r.notice_id, "x", r, r.customer_id, START, "x", 0, 0, 0) for r in requests]
        deliveries = await sender.perform(batch)
        results = await deliveries(batch, None)  # type: ignore[arg-type]
    assert [entry["event"] for entry in logs] == ["notice_delayed"]
    assert_silent(logs, caplog.text, results, generate_latest(registry).decode())


@pytest.mark.req("NO-2")
async def test_customers_that_nobody_can_reach_are_counted_once_for_each_change() -> None:
    registry = CollectorRegistry()
    store = MemoryStore()
    handler = ChangeHandler(store, PLANNER, lambda: START, Indicators(registry))  # type: ignore[arg-type]
    batch = [incoming(event) for event in story("zh", "phone")]
    await handler(batch, None)  # type: ignore[arg-type]
    await handler(batch, None)  # type: ignore[arg-type]
    assert registry.get_sample_value("parcelcare_notify_unreachable_total") == 8

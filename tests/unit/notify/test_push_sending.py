"""NO-7, RO-8: each way of a push, what becomes of each result, and the next way where one fails."""

from datetime import timedelta
from email import message_from_bytes, policy
from functools import partial
from typing import Any

import httpx
import orjson
import pytest
from prometheus_client import CollectorRegistry
from standardwebhooks.webhooks import Webhook

from services.notify.delivery import Delayed, Delivery, Refused, Sent
from services.notify.indicators import Indicators
from services.notify.internal.outcome import outcome_of
from services.notify.internal.payload import to_phone, to_receiver
from services.notify.internal.sender import PushSender, Ways
from services.notify.mime import Sender, build_push
from services.notify.webhook import Receiver, WebhookSender
from shared.contracts.pushes import PUSH_FAILED, PUSH_REQUESTED, PUSH_SENT, PushFailed, PushRequested, PushSent
from shared.messaging.message import Incoming
from shared.messaging.outcome import Done, Outcome, Retry
from tests.answering import answered_by
from tests.unit.notify.pushes import AT, DIRECTORY, escalated, order_changed, pushes

PATIENCE = timedelta(seconds=60)
SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS1zdGFmZi1kZXNrLTAwMTIz"
SENDER = Sender("ParcelCare 包裹关怀", "service@parcelcare.example", "parcelcare.example")


def push_of(role: str = "lead", **fields: Any) -> PushRequested:
    (push,) = pushes(escalated(role, ("webhook",)))
    return push.model_copy(update=fields)


def incoming(push: PushRequested) -> Incoming[PushRequested]:
    return Incoming(f"r-{push.push_id}", PUSH_REQUESTED, push, push.subject_id, AT, "t", 0, 0, 0)


def told(outcome: Outcome) -> list[tuple[str, Any]]:
    assert isinstance(outcome, Done)
    kinds: Any = {PUSH_SENT: PushSent, PUSH_FAILED: PushFailed, PUSH_REQUESTED: PushRequested}
    return [(message.type, kinds[message.type].model_validate_json(message.value)) for message in outcome.messages]


@pytest.mark.req("NO-7")
def test_what_was_taken_has_a_receipt() -> None:
    push = push_of()
    ((kind, sent),) = told(outcome_of(incoming(push), Sent(AT), AT, PATIENCE))
    assert (kind, sent.push_id, sent.person, sent.way) == (PUSH_SENT, push.push_id, "lead", "webhook")


@pytest.mark.req("NO-7", "RO-8")
@pytest.mark.parametrize(
    ("delivery", "waited"),
    [(Refused(AT, "webhook: 410"), timedelta(0)), (Delayed("webhook: 503"), PATIENCE)],
)
def test_a_way_that_fails_is_told_and_the_next_one_is_tried(delivery: Delivery, waited: timedelta) -> None:
    push = push_of()
    (failed_kind, failed), (next_kind, following) = told(outcome_of(incoming(push), delivery, AT + waited, PATIENCE))
    assert (failed_kind, failed.reason, failed.next) == (PUSH_FAILED, delivery.reason, "mail")  # type: ignore[union-attr]
    assert (next_kind, following.way, following.then) == (PUSH_REQUESTED, "mail", ("phone",))
    assert following.push_id != push.push_id
    assert following.requested_at == AT + waited
    assert (following.step, following.text) == (push.step, push.text)


@pytest.mark.req("NO-7")
def test_a_way_that_delays_is_tried_again_as_long_as_patience_lasts_and_the_last_one_on() -> None:
    push = push_of()
    assert isinstance(outcome_of(incoming(push), Delayed("x"), AT + PATIENCE / 2, PATIENCE), Retry)
    last = push_of(then=())
    assert isinstance(outcome_of(incoming(last), Delayed("x"), AT + PATIENCE * 9, PATIENCE), Retry)
    assert isinstance(outcome_of(incoming(push), None, AT + PATIENCE * 9, PATIENCE), Retry)
    ((kind, failed),) = told(outcome_of(incoming(last), Refused(AT, "x"), AT, PATIENCE))
    assert (kind, failed.next) == (PUSH_FAILED, None)


class FakePostman:
    def __init__(self) -> None:
        self.mails: list[tuple[str, bytes]] = []

    async def send(self, address: str, compose: Any) -> Delivery:
        self.mails.append((address, compose(address, SENDER, AT)))
        return Sent(AT)


def sender(postman: FakePostman, statuses: dict[str, int], requests: list[httpx.Request]) -> PushSender:
    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(statuses.get(request.url.path, 204))

    receivers = {name: Receiver(f"http://x/{name}", SECRET) for name in ("staff", "supervisor", "phone-gateway")}
    ways = Ways(DIRECTORY, postman, WebhookSender(receivers, answered_by(answer), lambda: AT), lambda: AT)  # type: ignore[arg-type]
    return PushSender(ways, Indicators(CollectorRegistry()), 5, PATIENCE)


async def sent(pushes: list[PushRequested], statuses: dict[str, int] | None = None) -> tuple[Any, ...]:
    postman, requests = FakePostman(), list[httpx.Request]()
    batch = [incoming(push) for push in pushes]
    handler = await sender(postman, statuses or {}, requests).perform(batch)
    return await handler(batch, None), postman.mails, requests  # type: ignore[arg-type]


@pytest.mark.req("NO-7")
async def test_a_webhook_is_signed_and_says_what_and_for_whom() -> None:
    push = push_of()
    _, _, (request,) = await sent([push])
    said = Webhook(SECRET).verify(request.content, dict(request.headers))
    assert request.headers["webhook-id"] == push.push_id
    assert (said["type"], said["data"]["party"], said["data"]["person"]) == ("push.escalation", "role/lead", "lead")
    assert said["data"]["facts"]["level"] == 1


@pytest.mark.req("NO-7", "RO-8")
@pytest.mark.parametrize(("way", "order"), [("phone", "voice.requested"), ("sms", "sms.requested")])
async def test_phone_and_text_message_are_orders_to_the_gateway_of_one_line(way: Any, order: str) -> None:
    push = push_of("supervisor", way=way)
    _, _, (request,) = await sent([push])
    said = Webhook(SECRET).verify(request.content, dict(request.headers))
    assert request.url.path == "/phone-gateway"
    assert (said["type"], said["data"]["to"]) == (order, "+8657188880001")
    assert said["data"]["say"] == push.subject.reveal()
    assert "YT88" not in request.content.decode()


@pytest.mark.req("NO-7", "RO-9")
async def test_a_mail_has_the_hand_over_and_an_id_that_names_no_case() -> None:
    (push,) = pushes(order_changed())
    _, ((address, raw),), _ = await sent([push.model_copy(update={"way": "mail"})])
    mail = message_from_bytes(raw, policy=policy.default)
    assert address == mail["To"] == "courier@partners.parcelcare.example"
    assert mail["Message-ID"] == f"<{push.push_id}@parcelcare.example>"
    assert mail["X-ParcelCare-Push"] == "order_handover"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["References"] is None
    assert mail["Subject"] == push.subject.reveal()
    assert mail.get_content().replace("\r\n", "\n") == push.text.reveal()


@pytest.mark.req("NO-7")
@pytest.mark.parametrize(
    ("push", "reason"),
    [
        (push_of(person="gone"), "webhook: not in the directory any more"),
        (push_of(person="billing", way="phone"), "phone: not in the directory any more"),
        (push_of("courier"), "webhook: no such receiver"),
    ],
)
async def test_who_can_not_be_reached_so_any_more_is_tried_otherwise(push: PushRequested, reason: str) -> None:
    (outcome,), _, _ = await sent([push])
    (_, failed), (_, following) = told(outcome)
    assert (failed.reason, following.way) == (reason, "mail")


@pytest.mark.req("NO-7")
async def test_a_receiver_that_is_down_holds_back_its_own_matter_alone() -> None:
    other = push_of("supervisor")
    batch = [push_of(), push_of(push_id="push-later"), other]
    (first, second, third), _, _ = await sent(batch, {"/staff": 503})
    assert [type(o) for o in (first, second, third)] == [Retry, Retry, Done]


@pytest.mark.req("NO-7")
def test_the_same_push_is_the_same_bytes_at_each_try() -> None:
    push = push_of()
    again = PushRequested.model_validate_json(push.model_dump_json())
    for payload in (to_receiver, partial(to_phone, number="+8657188880001")):
        assert payload(push) == payload(again)
        assert orjson.loads(payload(push))["data"]["push_id"] == push.push_id
    assert build_push(push, "a@b.cn", SENDER, AT) == build_push(again, "a@b.cn", SENDER, AT)

"""From an escalation or a work order on Kafka to staff and partners, through the real broker and database (NO-7)."""

import json
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from shared.contracts.cases import CASE_CHANGED
from shared.contracts.incidents import INCIDENT_CHANGED
from shared.contracts.topics import CASES, INCIDENTS, PUSH_REQUESTS, PUSHES
from shared.messaging.message import Outgoing, outgoing
from tests.integration import asking
from tests.integration.notify.harness import Bench
from tests.integration.notify.hooks import HookSink
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench as Routing
from tests.integration.routing.test_work_orders import AGENT, OPENING, call, taken
from tests.unit.notify.pushes import escalated, incident_changed
from tools.stack.ports import free_port

LEAD = "lead@staff.parcelcare.example"
GONE = "duty.manager@staff.parcelcare.example"


def escalation(cause: str, role: str, channels: tuple[str, ...], **case: Any) -> Outgoing:
    event = escalated(role, channels, at=datetime.now(UTC), **case)
    return outgoing(CASES, event, type=CASE_CHANGED, key=event.case.case_id, cause=cause, time=event.at, source="test")


def told(bench: Bench, recipient: str) -> list[EmailMessage]:
    return [mail for to, mail in bench.catcher.taken if to == recipient]


async def results(bench: Bench, count: int) -> list[dict[str, Any]]:
    """What stands on pushes.v1 as soon as `count` are there, each once."""
    found: dict[str, dict[str, Any]] = {}

    async def enough() -> bool:
        for record in await bench.read(PUSHES):
            found[dict(record.headers)["ce_id"].decode()] = json.loads(record.value)
        return len(found) >= count

    await poll(enough, 60, what=f"{count} results of pushes")
    return list(found.values())


@pytest.mark.req("NO-7", "RO-8", "SY-2")
async def test_an_escalation_that_comes_twice_is_one_mail(bench: Bench) -> None:
    await bench.start()
    once = escalation("e1", "lead", ("desk", "mail"))
    await bench.publisher.publish([once])
    await poll(lambda: told(bench, LEAD), 60, what="the lead's mail")
    await bench.publisher.publish([once, once, escalation("e2", "supervisor", ("mail",))])
    await poll(lambda: told(bench, GONE), 60, what="the mail after the repeats")
    (mail,) = told(bench, LEAD)
    assert re.fullmatch(r"<push-[0-9a-f-]{36}@parcelcare\.example>", mail["Message-ID"])
    assert mail["X-ParcelCare-Push"] == "escalation"
    assert "首次响应超时" in mail["Subject"]
    assert {result["person"] for result in await results(bench, 2)} == {"lead", "duty.manager"}
    assert [mail["X-ParcelCare-Push"] for mail in told(bench, "zhou.xm@example.cn")] == [None], "their own notice"


@pytest.mark.req("NO-7", "RO-8")
@pytest.mark.parametrize("status", [410, 503])
async def test_a_webhook_that_fails_falls_back_to_mail(bench: Bench, status: int) -> None:
    secret = json.loads((bench.secrets / "webhooks.json").read_text())["staff"]["secret"]
    desk = HookSink(secret, free_port(), answers=[status] * 50)
    await desk.start()
    bench.receiver("staff", f"http://127.0.0.1:{desk.port}/hooks/merchant")
    await bench.start(PUSH_PATIENCE_S="1")
    await bench.publisher.publish([escalation("e1", "lead", ("desk", "webhook"))])
    await poll(lambda: told(bench, LEAD), 60, what="the mail instead")
    failed, sent = sorted(await results(bench, 2), key=lambda result: "sent_at" in result)
    assert (failed["way"], failed["next"], failed["reason"]) == ("webhook", "mail", f"webhook: {status}")
    assert (sent["way"], sent["person"]) == ("mail", "lead")
    assert desk.tries[0][0].startswith("push-")
    await desk.stop()


@pytest.mark.req("NO-7", "RO-12")
async def test_a_task_force_is_told_of_its_incident_by_webhook_or_mail(bench: Bench) -> None:
    await bench.start()
    event = incident_changed(at=datetime.now(UTC))
    message = outgoing(INCIDENTS, event, type=INCIDENT_CHANGED, key="i1", cause="i1#1", time=event.at, source="test")
    await bench.publisher.publish([message, message])
    # Nobody listens at the receivers' addresses: the bench's sink answers 404 to all but one, and so by mail.
    staff = "staff.parcelcare.example"
    wanted = {f"{name}@{staff}" for name in ("tracing", "hub", "duty.manager", "specialist")}
    await poll(lambda: {to for to, _ in bench.catcher.taken} >= wanted, 60, what="mails to the task force")
    assert len(bench.catcher.taken) == len(wanted)


@pytest.mark.req("NO-7", "RO-9")
async def test_a_partner_gets_a_work_order_with_a_link_that_opens(bench: Bench, routing: Routing) -> None:
    await bench.start()
    process, case = await taken(routing, TIMER_INTERVAL_S="3600")
    token = routing.desk(process, AGENT, "agent").token
    path = f"/v1/cases/{case.case_id}/work-orders"
    opened = await call(process, "POST", path, token, OPENING, case.version)
    assert opened.status_code == 201, opened.text
    recipient = "courier@partners.parcelcare.example"
    (mail,) = await poll(lambda: told(bench, recipient), 60, what="the partner's mail")
    body = mail.get_content()
    assert OPENING["handover"]["support"] in body
    assert case.number in mail["Subject"]
    link = re.search(r"https?://\S+/partner/\S+", body)
    assert link is not None
    async with asking.client() as browser:
        page = await browser.get(process.url + httpx.URL(link[0]).path, timeout=15)
    assert page.status_code == 200
    assert OPENING["handover"]["support"] in page.text
    requests = [json.loads(record.value) for record in await bench.read(PUSH_REQUESTS)]
    assert "order_handover" in {request["kind"] for request in requests}
    shown = await call(process, "GET", f"/v1/work-orders/{opened.json()['order_id']}", token)
    assert shown.status_code == 200
    assert "/partner/" not in shown.text, "the link is the partner's alone"


@pytest.mark.req("NO-7")
async def test_a_replay_of_long_past_steps_rings_nobody(bench: Bench) -> None:
    """A group that reads the log from its beginning for the first time."""
    old = escalated("supervisor", ("mail",))
    message = outgoing(CASES, old, type=CASE_CHANGED, key=old.case.case_id, cause="old", time=old.at, source="test")
    await bench.publisher.publish([message, escalation("e2", "lead", ("mail",))])
    await bench.start()
    await poll(lambda: told(bench, LEAD), 60, what="the mail of today's step")
    assert told(bench, GONE) == []

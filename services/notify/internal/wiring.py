"""Puts pushes to staff and partners into a notify process: tables, templates, and two consumer groups."""

from collections.abc import Mapping
from datetime import date, timedelta

from aiokafka import ConsumerRecord

from services.notify.indicators import Indicators
from services.notify.internal.planning import PushPlanner
from services.notify.internal.sender import PushSender, Ways, matter_of
from services.notify.internal.staff import load_directory
from services.notify.internal.texts import load_texts
from services.notify.internal.words import load_push_words
from services.notify.settings import NotifySettings
from services.notify.smtp import Postman
from services.notify.webhook import WebhookSender
from services.notify.words import Words
from shared.contracts.base import Contract
from shared.contracts.cases import CASE_CHANGED, CaseChanged
from shared.contracts.incidents import INCIDENT_CHANGED, IncidentChanged
from shared.contracts.topics import CASES, INCIDENTS, PUSH_REQUESTS, WORK_ORDERS
from shared.contracts.work_orders import WORK_ORDER_CHANGED, WorkOrderChanged
from shared.messaging.record import Parsed, Parser, Skipped, cloud_event_parser
from shared.service import Runtime

PLAN_GROUP = "notify-push-plan"
SEND_GROUP = "notify-push-send"
PLAN_PACE_S = 0.5
TYPES: Mapping[str, type[Contract]] = {
    CASE_CHANGED: CaseChanged,
    INCIDENT_CHANGED: IncidentChanged,
    WORK_ORDER_CHANGED: WorkOrderChanged,
}
TOLD = (b'"escalated"', b'"shift_handed_over"')
"""Changes of cases that somebody may be told of."""


def attach(
    runtime: Runtime,
    settings: NotifySettings,
    today: date,
    words: Words,
    postman: Postman,
    webhooks: WebhookSender,
    indicators: Indicators,
) -> None:
    """Raises `TableError` or `TemplateProblem`, naming file and line, where the directory or a text is wrong."""
    directory, now = load_directory(today), runtime.clock.now
    planner = PushPlanner(directory, load_texts(), load_push_words(today), words)
    sender = PushSender(
        Ways(directory, postman, webhooks, now),
        indicators,
        settings.send_deadline_s,
        timedelta(seconds=settings.push_patience_s),
    )
    runtime.consume_stateless(
        CASES,
        WORK_ORDERS,
        INCIDENTS,
        group=PLAN_GROUP,
        parser=of_concern(CASES.name),
        handle=lambda incoming: planner.plan(incoming, now()),
        pace_s=PLAN_PACE_S,
    )
    runtime.consume_effect(PUSH_REQUESTS, group=SEND_GROUP, aggregate_of=matter_of, perform=sender.perform)


def of_concern(cases: str) -> Parser:
    """Of the many changes of cases only these are parsed: in JSON a text can't hold the word in bare quotes."""
    parse = cloud_event_parser(TYPES, PLAN_GROUP)

    def chosen(record: "ConsumerRecord[bytes, bytes]") -> Parsed:
        value = record.value
        if value is not None and record.topic.endswith(cases) and not any(change in value for change in TOLD):
            return Skipped("nobody is told of it")
        return parse(record)

    return chosen

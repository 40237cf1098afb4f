"""What a change means for the case's page and its customer: one view, at most one notice (NO-1, NO-3). Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.notify.changes import Change, Event, change_set, changes_of, customer_of, facts_of
from services.notify.letter import Line, letter
from services.notify.links import Links
from services.notify.project import project
from services.notify.ruleset import Row, Rules
from services.notify.templates import Templates
from services.notify.view import Entry, Told, View
from shared.contracts.base import derived_id
from shared.contracts.notices import NOTICE_REQUESTED, Letter, NoticeRequested
from shared.contracts.people import ContactKind, Customer
from shared.contracts.personal import Personal
from shared.contracts.topics import NOTICE_REQUESTS
from shared.messaging.handler import IGNORED, Decision
from shared.messaging.message import Incoming, Outgoing, outgoing

SOURCE = "notify"
NOTHING: Decision[View] = Decision()


@dataclass(frozen=True, slots=True)
class Planner:
    """What a plan needs besides the event: the rule tables, the templates, and how links are made."""

    rules: Rules
    templates: Templates
    links: Links


def concerns(event: Event, rules: Rules) -> bool:
    """False where the page shows nothing of the event, whatever the view is (a warned clock)."""
    return any(row.shows != "nothing" for row, _, _ in _rows(event, rules))


def decide(view: View | None, incoming: Incoming[Event], planner: Planner, now: datetime) -> Decision[View]:
    """The view after the event and its notice. An event that the view already holds changes nothing."""
    event = incoming.event
    rows = list(_rows(event, planner.rules))
    if all(row.shows == "nothing" for row, _, _ in rows):
        return IGNORED
    of = change_set(event)
    if view is not None and view.knows(of):
        return NOTHING
    lines = _lines(event, rows, planner.rules)
    told = [line for line in lines if line.row.tell]
    way, address = _way(customer_of(event)) if told else (None, "")
    entries = [
        Entry(
            of=of,
            at=event.at,
            place=line.place,
            row=line.row.id,
            facts=line.facts,
            told=way if line.row.tell else None,
        )
        for line in lines
    ]
    after = project(view, event, entries)
    if view is not None and not entries and replace(after, version=view.version) == view:
        return NOTHING
    if way is None or way == "nobody":
        return Decision(after)
    return Decision(after, (_notice(incoming, after, told, (way, address), planner, now),))


def _rows(event: Event, rules: Rules) -> Iterator[tuple[Row, Change, int]]:
    """The rows that the event's changes follow, each with its change and the change's place."""
    for place, (name, values, change) in enumerate(changes_of(event)):
        row = rules.notices.row_of(name, values)
        if row is not None:
            yield row, change, place


def _lines(event: Event, rows: Sequence[tuple[Row, Change, int]], rules: Rules) -> list[Line]:
    """The event's lines by precedence, one for each row."""
    last = {row.id: (row, change, place) for row, change, place in rows if row.sentence is not None}
    needed = [
        Line(row, facts_of(event, change), place)
        for row, change, place in last.values()
        if not (row.unless and last.keys() & set(row.unless))
    ]
    return sorted(needed, key=lambda line: rules.notices.precedence(line.row))


def _way(customer: Customer) -> tuple[Told, str]:
    """How the customer is told, and where; a mail before a webhook."""
    if mail := customer.reach(ContactKind.EMAIL):
        return "email", mail
    if receiver := customer.reach(ContactKind.WEBHOOK):
        return "webhook", receiver
    return "nobody", ""


def _notice(
    incoming: Incoming[Event],
    view: View,
    told: Sequence[Line],
    to: tuple[Literal["email", "webhook"], str],
    planner: Planner,
    now: datetime,
) -> Outgoing:
    event = incoming.event
    customer, kind = customer_of(event), told[0].row.tell
    assert kind is not None
    variables = letter(event, view, told, planner.rules, planner.links)
    way, address = to
    notice = NoticeRequested(
        notice_id=derived_id(incoming.id, "notice"),
        kind=kind,
        case_id=view.case_id,
        case_number=view.number,
        customer_id=customer.customer_id,
        language=customer.language,
        channel=way,
        address=Personal(address),
        subject=Personal(planner.templates.subject(kind, variables)),
        text=Personal(planner.templates.text(kind, variables)),
        letter=Letter(variables) if way == "email" else None,
        in_reply_to=view.case.mail_thread if view.case and way == "email" else None,
        caused_at=event.at,
    )
    return outgoing(
        NOTICE_REQUESTS,
        notice,
        type=NOTICE_REQUESTED,
        key=customer.customer_id,
        cause=incoming.id,
        time=now,
        source=SOURCE,
        traceparent=incoming.traceparent,
    )

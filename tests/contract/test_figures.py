"""What metrics counts of the events that routing and claims really write is what routing and claims hold (ME-1)."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from hypothesis import given, settings
from hypothesis import strategies as st

from services.claims.messages import messages_of
from services.metrics.fold import OPEN, fold
from services.metrics.sources import GROUP, SOURCES
from services.routing.acts import Act, Actor, Assign, Close, Reply, Resolve, Take, Wait
from services.routing.case import decide
from services.routing.record import messages
from services.routing.refusals import ActRefused
from services.routing.state import CaseState, TimerFired
from shared.contracts.personal import Personal
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.record import cloud_event_parser
from tests.unit.claims import build
from tests.unit.claims.test_decide_properties import damage_events, loss_events
from tests.unit.routing.builders import NOON, contact, rules

pytestmark = pytest.mark.req("ME-1")

PARSE = cloud_event_parser({name: model for topic in SOURCES for name, model in topic.types.items()}, GROUP)
ANN = Actor("ann", frozenset({"supervisor"}))
SUMMARY = Personal("已退款 refunded")
ACTS: tuple[Act, ...] = (
    Take(ANN),
    Reply(ANN, Personal("正在核实")),
    Wait(ANN, Personal("请补充照片")),
    Resolve(ANN, SUMMARY),
    Close(ANN, SUMMARY),
    Assign(ANN, group="claims"),
    Assign(ANN, group="complaints"),
    Assign(ANN, agent="bob"),
)
TIMER, FIRST_CONTACT = len(ACTS), len(ACTS) + 1
TEXTS = ("你好", "我要投诉", "破损了，要求赔偿", "where is my parcel")
steps = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, len(ACTS) + 2), st.integers(1, 3000)), min_size=1, max_size=40
)


def read(sent: Sequence[Outgoing]) -> list[Incoming[Any]]:
    """As the loop would hand them over."""
    found = []
    for place, message in enumerate(sent):
        record = ConsumerRecord(
            topic=message.topic,
            partition=0,
            offset=place,
            timestamp=0,
            timestamp_type=0,
            key=message.key.encode(),
            value=message.value,
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=0,
            headers=tuple(message.headers()),
        )
        parsed = PARSE(record)
        if isinstance(parsed, Incoming):
            found.append(parsed)
    return found


def counted(sent: Sequence[Outgoing], seed: int) -> Counter[tuple[str, ...]]:
    """(indicator, first label) → amount; the messages in a random order, in two batches."""
    shuffled = read(sent)
    random.Random(seed).shuffle(shuffled)
    middle = len(shuffled) // 2
    total: Counter[tuple[str, ...]] = Counter()
    for batch in (shuffled[:middle], shuffled[middle:]):
        for (name, labels, _), amount in fold(batch).amounts.items():
            total[name, labels[0]] += amount
    return total


def played(rows: list[tuple[int, int, int]]) -> tuple[dict[int, CaseState], list[Outgoing]]:
    """Contacts, acts and the passing of time on up to four cases; what may not be done is not done."""
    cases: dict[int, CaseState] = {}
    sent: list[Outgoing] = []
    now = NOON
    for n, (who, what, minutes) in enumerate(rows):
        now += timedelta(minutes=minutes)
        event = event_of(what if who in cases else FIRST_CONTACT, f"{who}/{n}", now)
        try:
            found = decide(cases.get(who), event, rules(), now)
        except ActRefused:
            continue
        if found is not None:
            cases[who] = found.state
            sent += messages(found, str(n), now)
    return cases, sent


def event_of(what: int, name: str, now: datetime) -> Any:
    if what < len(ACTS):
        return ACTS[what]
    return TimerFired() if what == TIMER else contact(TEXTS[what % len(TEXTS)], name, at=now)


@given(steps, st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_figures_of_cases(rows: list[tuple[int, int, int]], seed: int) -> None:
    cases, sent = played(rows)
    figures = counted(sent, seed)
    backlog = {group: n for (name, group), n in figures.items() if name == "backlog_cases" and n}
    assert backlog == dict(Counter(s.case.group for s in cases.values() if s.case.status in OPEN))
    assert figures["cases_opened", "web"] == len(cases)
    assert sum(n for (name, _), n in figures.items() if name == "cases_reopened") == sum(
        s.case.reopened for s in cases.values()
    )


@given(st.permutations(damage_events()), st.permutations(loss_events()), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_figures_of_claims(damage: list[Any], loss: list[Any], seed: int) -> None:
    worlds = [build.world(*damage), build.world(*loss)]
    sent = [
        message
        for world in worlds
        for n, decision in enumerate(world.decisions)
        for message in messages_of(decision, f"{id(world)}/{n}", build.NOW)
    ]
    figures = counted(sent, seed)
    states = Counter(str(file.claim.state) for world in worlds for file in world.files.values())
    assert {state: n for (name, state), n in figures.items() if name == "claims" and n} == dict(states)
    assert sum(n for (name, _), n in figures.items() if name == "claims_opened") == sum(states.values())

"""What claims leaves unread: never a change that its handler would look at, and never one that can't be read."""

from collections.abc import Iterator
from itertools import product
from typing import Any, cast

import pytest
from pydantic import ValidationError

from services.claims.case_news import CaseNews, Glimpse
from services.claims.handlers import CasesHandler
from services.claims.rulebook import shipped
from shared.clock import Clock
from shared.contracts.base import Contract
from shared.contracts.cases import (
    Assigned,
    CaseChanged,
    CaseKind,
    Change,
    Classification,
    Classified,
    ClockChanged,
    ClockKind,
    MediaMissing,
    Opened,
    ParcelUpdated,
)
from shared.contracts.media import MediaFault, MediaKind
from shared.contracts.parcels import ExceptionKind
from shared.messaging.message import Incoming
from tests.unit.claims.build import NOW, PHOTO, case, contact, fetched, form, opened

HANDLER = CasesHandler(cast(Any, None), shipped(), Clock(), cast(Any, None))
CHANGES: list[tuple[Change, ...]] = [
    (Opened(), contact(), Classified()),
    (contact(),),
    (contact(PHOTO),),
    (contact(PHOTO), Classified()),
    (Classified(), ClockChanged(clock=ClockKind.RESOLUTION, change="started")),
    (ParcelUpdated(cleared=True),),
    (fetched(PHOTO),),
    (MediaMissing(interaction_id="i-1", ref="media:wechat/1", kind=MediaKind.IMAGE, fault=MediaFault.GONE),),
    (Assigned(agent="li", group="claims"), ClockChanged(clock=ClockKind.RESOLUTION, change="met")),
]
QUESTION = Classification(kind=CaseKind.QUERY, tags=("where_is",), priority=3, confidence=0.9, rule="test")
CASES: list[dict[str, Any]] = [
    {"classification": QUESTION, "tracking_numbers": ()},
    {"classification": QUESTION},
    {"tracking_numbers": ()},
    {},
    {"claim": form(), "tracking_numbers": ()},
    {"exception_kind": ExceptionKind.LOSS, "tracking_numbers": ()},
]


def events() -> Iterator[CaseChanged]:
    for changes, fields in product(CHANGES, CASES):
        yield CaseChanged(changes=changes, case=case(**fields), at=NOW)


def incoming(event: Contract) -> Incoming[Contract]:
    return Incoming("id", "t", event, "key", NOW, "topic", 0, 0, 0)


def test_what_concerns_claims_is_read_whole() -> None:
    left = 0
    for event in events():
        read = CaseNews.read(event.model_dump_json(exclude_none=True).encode())
        assert HANDLER.concerns(incoming(read)) == HANDLER.concerns(incoming(event))
        assert isinstance(read, Glimpse) or read == event
        left += isinstance(read, Glimpse)
    assert left > len(CHANGES)


@pytest.mark.req("SY-3")
@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"no json",
        b"[]",
        b"{}",
        b'{"changes": [], "case": {"case_id": "c"}}',
        b'{"changes": [{"type": "clock"}]}',
        b'{"changes": [{"clock": "resolution"}], "case": {"case_id": "c"}}',
        b'{"changes": [{"type": "opened"}], "case": {"case_id": "c", "tracking_numbers": [1]}}',
        b'{"changes": [{"type": "opened"}], "case": {"case_id": "c", "exception_kind": 7}}',
        opened(case()).model_dump_json(exclude={"case": {"version"}}).encode(),
    ],
)
def test_what_cant_be_read_is_refused(value: bytes) -> None:
    with pytest.raises(ValidationError):
        CaseNews.read(value)

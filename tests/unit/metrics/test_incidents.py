"""RO-12, ME-1: incidents that are open, the parcels under them, and how soon a task force answered."""

import pytest

from services.metrics.fold import fold
from services.metrics.labels import hour_of
from tests.unit.metrics import events

ABOUT = ("site", "delay")
HOUR = hour_of(events.START)


@pytest.mark.req("RO-12", "ME-1")
def test_an_incident_is_counted_and_nothing_is_left_of_it() -> None:
    totals: dict[tuple[str, tuple[str, ...]], int] = {}
    for event in events.incident_life():
        for (name, labels, _), amount in fold([events.incoming(event)]).amounts.items():
            totals[name, labels] = totals.get((name, labels), 0) + amount
    assert totals["incidents_opened", (*ABOUT, "detector")] == 1
    assert totals["incidents_open", ABOUT] == 0
    assert totals["incident_parcels", ABOUT] == 1
    assert totals["incident_parcels_open", ABOUT] == 0
    told = {move: totals["incident_notices", ("delay", move)] for move in ("affected", "estimated", "over")}
    assert told == dict.fromkeys(told, 1)
    assert totals["joint_response_seconds", ("site", "sum")] == 12 * 60 * 1000


@pytest.mark.req("RO-12")
def test_while_it_is_open_it_is_shown() -> None:
    first = [events.incoming(event, str(n)) for n, event in enumerate(events.incident_life()[:2])]
    amounts = fold(first).amounts
    assert amounts["incidents_open", ABOUT, HOUR] == amounts["incident_parcels_open", ABOUT, HOUR] == 1

"""RO-12 in the demo: a hub stands still for three hours, a lead answers it, and the table shows what came of it."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import orjson
import pytest

from demo.journey import Fate
from demo.ledger import Ledger
from demo.parcels import Day, parcels
from demo.people.api import Api
from demo.people.lead import REVIEW, Lead
from demo.population import population
from demo.schedule import Sizes, Timetable, timetable
from demo.seen.observations import Observations
from demo.standstill import BEGINS, LASTS, NODES, stand_still
from demo.summary import summary
from demo.table import incident_line
from services.routing.incidents.cause import Cell, key_of
from services.routing.incidents.detect import History, Tally, suspects, verdicts
from shared.clock import Clock
from shared.contracts.incidents import Scope
from shared.contracts.parcels import ExceptionKind
from tests.answering import answered_by
from tests.unit.demo.records import AT, Feed
from tests.unit.routing.builders import incident_rules

pytestmark = pytest.mark.req("RO-12", "SY-9")


def test_what_passes_the_hub_is_late_and_goes_on_afterwards(day: Day) -> None:
    rng = random.Random(7)
    before = parcels(rng, population(rng, 450), day, 6000)
    found = stand_still(before, day, 7)
    assert (found.begins, found.ends) == (day.opens + BEGINS, day.opens + BEGINS + LASTS)
    changed = [(a, b) for a, b in zip(before, found.journeys, strict=True) if a is not b]
    assert len(changed) == found.held >= 12
    for was, now in changed:
        (late,) = [scan for scan in now.scans if scan.exception]
        assert (late.exception, late.place, was.fate) == ("delay", found.hub, Fate.NORMAL)
        assert late.node in NODES
        assert found.begins <= late.at < found.ends
        assert all(scan.at >= found.ends for scan in now.scans if scan.at > late.at)
        assert len(now.scans) == len(was.scans)
        assert all(b.at > a.at for a, b in pairwise(now.scans))


def test_the_day_has_it_and_the_same_seed_the_same(plan: Timetable, day: Day) -> None:
    assert plan.standstill.held > 0
    again = timetable(7, "t", day, Sizes(customers=450, contacts=600, scans=6000))
    assert again.standstill == plan.standstill


def exceptions(plan: Timetable) -> list[tuple[datetime, Cell]]:
    """As routing will hear them, of the whole day."""
    return sorted(
        (scan.at, Cell(ExceptionKind(scan.exception), journey.carrier.code, scan.place))
        for journey in plan.journeys
        for scan in journey.scans
        if scan.exception and plan.day.holds(scan.at)
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_is_found_within_the_hour_and_nothing_else_is(day: Day, seed: int) -> None:
    """With the sizes of the demo and routing's own table."""
    plan = timetable(seed, "t", day, Sizes())
    rules, heard = incident_rules(), exceptions(plan)
    opened: dict[str, datetime] = {}
    moment = day.opens
    while moment < day.closes:
        moment += timedelta(minutes=5)
        window = Counter(
            (cell, at.replace(minute=at.minute // 5 * 5, second=0))
            for at, cell in heard
            if moment - rules.reach < at <= moment
        )
        found = suspects([Tally(cell, at, n) for (cell, at), n in window.items()], rules, moment)
        for one in verdicts(found, {key_of(s.cause): History(0, 0.0) for s in found}, rules, moment):
            opened.setdefault(key_of(one.cause), moment)
            assert one.cause.scope in (Scope.SITE, Scope.CARRIER_SITE)
            assert (one.cause.kind, one.cause.site) == (ExceptionKind.DELAY, plan.standstill.hub)
    assert plan.standstill.held >= 30
    assert min(opened.values()) - plan.standstill.begins <= timedelta(hours=1)


class Desk:
    """An incident as the desk's API shows it; acts move it on."""

    def __init__(self, opened: datetime, open_parcels: int) -> None:
        self.figures = {"customers": 30, "parcels": 30, "open_parcels": open_parcels}
        self.incident = {"incident_id": "in1", "status": "open", "version": 1, "opened_at": opened.isoformat()}
        self.acts: list[tuple[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            one = request.url.path != "/v1/incidents"
            shown = {"incident": self.incident, "figures": self.figures}
            return httpx.Response(200, json=shown if one else {"incidents": [self.incident]})
        assert request.headers["if-match"] == f'"{self.incident["version"]}"'
        act = request.url.path.rsplit("/", 1)[1]
        self.acts.append((act, orjson.loads(request.content)))
        status = {"acknowledge": "acknowledged", "close": "closed"}.get(act, self.incident["status"])
        self.incident |= {"version": int(str(self.incident["version"])) + 1, "status": status}
        return httpx.Response(200, json=self.incident)


async def looked(desk: Desk, now: datetime, times: int) -> list[str]:
    api = Api(answered_by(desk), ["http://desk"], "t", random.Random(1))
    lead = Lead(api, Clock(datetime.now(UTC), now), random.Random(1), Counter())
    for _ in range(times):
        await lead.look()
    return [act for act, _ in desk.acts]


async def test_the_lead_answers_and_closes_with_a_review_when_the_parcels_move() -> None:
    assert await looked(Desk(AT, 30), AT + timedelta(minutes=1), 2) == []
    assert await looked(Desk(AT, 30), AT + timedelta(minutes=20), 2) == ["acknowledge", "note"]
    moving = Desk(AT, 2)
    assert await looked(moving, AT + timedelta(hours=4), 2) == ["acknowledge", "note", "close"]
    assert moving.acts[-1][1] == REVIEW
    assert await looked(Desk(AT, 30), AT + timedelta(hours=8), 2) == ["acknowledge", "note", "close"]


def test_the_table_says_what_came_of_it() -> None:
    seen = Observations()
    feed = Feed(seen)
    feed.incident("opened")
    feed.case("case-YT0", {"type": "opened"}, origin="parcel_exception", exception_id="x0", tracking_numbers=["YT0"])
    feed.incident_parcel("YT0", owner="a", reserved=False)
    feed.incident_parcel("YT1", owner="b")
    feed.incident_parcel("YT2", owner="b", tell=False)
    feed.case("case-YT1", {"type": "opened"}, exception_id="x1", tracking_numbers=["YT1"])
    feed.incident_parcel("YT2", "over", owner="b")
    answered = (AT + timedelta(minutes=9)).isoformat()
    feed.incident("acknowledged", 2, acknowledged_at=answered)
    feed.incident("closed", 3, acknowledged_at=answered, closed_at=(AT + timedelta(hours=4)).isoformat())
    of_day = summary(Ledger(), seen)
    one = of_day.incidents["IN1"]
    assert (one.parcels, one.had_case, one.opened_later, one.kept_unopened, one.still_under) == (3, 1, 1, 1, 2)
    assert (one.told, one.told_over, one.answered_minutes) == (2, 1, 9)
    assert of_day.before_call == 1, "a reserved case that its customer opened was not there before the call"
    assert "杭州转运中心 延误 delay · 开 opened 10:30，响应 answered 9 min，关闭 closed 14:30" in incident_line(one)
    assert orjson.loads(orjson.dumps(of_day.as_json()))["incidents"]["IN1"]["parcels"] == 3
    assert [happening.weight for happening in seen.happenings][:1] == [3]

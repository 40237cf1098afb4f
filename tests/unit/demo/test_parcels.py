"""The parcels: their scans fill the day, nothing stands twice, and what goes wrong goes wrong today."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from demo.journey import Fate, Journey
from demo.mishaps import NO_SCAN_LIMIT
from demo.schedule import Timetable
from demo.situations import Situation, situation, trouble_at
from shared.contracts.parcels import ExceptionKind, Fault, Node

pytestmark = pytest.mark.req("SY-9", "RO-11")


def of_fate(plan: Timetable, *fates: Fate) -> list[Journey]:
    return [journey for journey in plan.journeys if journey.fate in fates]


def test_the_scans_of_the_day_are_as_many_as_wanted(plan: Timetable) -> None:
    today = sum(plan.day.holds(scan.at) for journey in plan.journeys for scan in journey.scans)
    assert 6000 - plan.standstill.held <= today <= 6000, "what stood still may come tomorrow"


def test_a_track_is_in_order_and_no_two_scans_share_a_second(plan: Timetable) -> None:
    for journey in plan.journeys:
        assert all(a.at < b.at for a, b in pairwise(journey.scans))
        assert all(scan.at.microsecond == 0 for scan in journey.scans)


def test_tracking_numbers_are_unique_and_look_like_their_carriers(plan: Timetable) -> None:
    numbers = Counter(journey.tracking_number for journey in plan.journeys)
    assert max(numbers.values()) == 1
    assert {j.carrier.code for j in plan.journeys} == {"sf", "zto", "yto", "yunda", "sto", "jt", "jd", "ems"}


def test_nodes_exceptions_and_faults_are_those_of_the_contract(plan: Timetable) -> None:
    scans = [scan for journey in plan.journeys for scan in journey.scans]
    assert {scan.node for scan in scans} <= {node.value for node in Node}
    assert {scan.exception for scan in scans if scan.exception} <= {kind.value for kind in ExceptionKind}
    assert {scan.fault for scan in scans if scan.fault} <= {fault.value for fault in Fault}


def test_parcels_that_stall_reach_the_48_hours_during_the_day(plan: Timetable) -> None:
    stalled = of_fate(plan, Fate.STALLED)
    assert len(stalled) > 5
    for journey in stalled:
        due = trouble_at(journey)
        assert due is not None
        assert plan.day.holds(due)
        assert not any(due - NO_SCAN_LIMIT < scan.at <= due for scan in journey.scans)
    assert any(journey.scans[-1].at > plan.day.opens for journey in stalled), "some move on"
    assert any(journey.scans[-1].at < plan.day.opens for journey in stalled), "some never do"


def test_carriers_report_what_goes_wrong_today(plan: Timetable) -> None:
    for fate, kind in ((Fate.DAMAGED, "damage"), (Fate.FAILED, "failed_delivery"), (Fate.LOST, "loss")):
        reports = [s for j in of_fate(plan, fate) for s in j.scans if s.exception == kind]
        assert reports, fate
        assert all(plan.day.holds(scan.at) or scan.at >= plan.day.closes for scan in reports)


def test_insured_and_uninsured_goods_at_prices_of_their_kind(plan: Timetable) -> None:
    insured = sum(journey.insured_fen > 0 for journey in plan.journeys)
    assert 0.05 < insured / len(plan.journeys) < 0.45
    for journey in plan.journeys:
        assert journey.insured_fen in (0, journey.value_fen)
        assert 0 < journey.value_fen <= journey.goods.dearest * 100
        assert journey.freight_fen >= 800


def test_a_situation_follows_from_what_was_scanned(plan: Timetable) -> None:
    noon = plan.day.opens + timedelta(hours=5)
    kinds = {situation(journey, noon) for journey in plan.journeys}
    assert {Situation.MOVING, Situation.DELIVERED, Situation.STALLED, Situation.NOT_SENT} <= kinds

"""CL-3: who is liable, from the parcel's track, the carrier's reports and the evidence."""
# ruff: noqa: E501 (a table is read by its columns)

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.claims.facts import Facts, facts_of
from services.claims.liability import determine
from shared.contracts.claims import LiableParty
from shared.contracts.interactions import ClaimKind
from shared.contracts.parcels import ExceptionKind, Fault, Node
from tests.unit.claims.build import (
    NOW,
    PACKING,
    PHOTO,
    RULES,
    case,
    form,
    opened,
    parcel,
    point,
    shipment,
    signed,
    world,
)

pytestmark = pytest.mark.req("CL-3")

BASE = Facts(
    kind="damage",
    record="known",
    custody="in_custody",
    report="none",
    fault="none",
    goods="ordinary",
    insured=False,
    postal=False,
    photos=False,
    packaging=False,
    silent_hours=1,
    objection_hours=-1,
    late_hours=-1,
)
P = LiableParty

TABLE: list[tuple[str, dict[str, Any], LiableParty, int, bool, str]] = [
    ("loss by the carrier's own record", {"kind": "loss", "report": "loss"}, P.CARRIER, 100, True, "832"),
    ("seven days of silence", {"kind": "loss", "silent_hours": 168}, P.CARRIER, 100, True, "832"),
    ("a day less", {"kind": "loss", "silent_hours": 167}, P.UNCLEAR, 0, False, "832"),
    ("post: not before thirty days", {"kind": "loss", "silent_hours": 719, "postal": True}, P.UNCLEAR, 0, False, "832"),
    ("post: thirty days", {"kind": "loss", "silent_hours": 720, "postal": True}, P.CARRIER, 100, True, "邮政法》（2015）第四十九条"),
    ("lost but signed", {"kind": "loss", "custody": "signed", "report": "loss"}, P.UNCLEAR, 0, False, "832"),
    ("lost in a storm", {"kind": "loss", "report": "loss", "fault": "weather"}, P.FORCE_MAJEURE, 0, False, "835"),
    ("insured post lost in a storm", {"kind": "loss", "report": "loss", "fault": "weather", "insured": True, "postal": True}, P.CARRIER, 100, True, "邮政法》（2015）第四十八条"),
    ("damage by the carrier's own record", {"report": "damage"}, P.CARRIER, 100, True, "832"),
    ("unfit packing", {"report": "damage", "fault": "merchant"}, P.MERCHANT, 0, True, "832"),
    ("the consignee's fault", {"fault": "consignee"}, P.CUSTOMER, 0, True, "832"),
    ("both at fault", {"report": "damage", "fault": "carrier_and_shipper"}, P.SHARED, 50, False, "592"),
    ("objection in time with photos", {"custody": "signed", "objection_hours": 48, "photos": True, "packaging": True}, P.CARRIER, 100, True, "831"),
    ("objection late", {"custody": "signed", "objection_hours": 49, "photos": True, "packaging": True}, P.UNCLEAR, 0, False, "831"),
    ("fragile goods", {"goods": "fragile", "custody": "signed", "objection_hours": 1, "photos": True, "packaging": True}, P.SHARED, 70, False, "592"),
    ("perishable and late", {"goods": "perishable", "late_hours": 1, "photos": True}, P.CARRIER, 100, True, "577"),
    ("perishable and in time", {"goods": "perishable", "late_hours": 0, "photos": True}, P.UNCLEAR, 0, False, "832"),
    ("late", {"kind": "delay", "late_hours": 1}, P.CARRIER, 100, True, "577"),
    ("late because of a storm", {"kind": "delay", "late_hours": 9, "fault": "weather"}, P.FORCE_MAJEURE, 0, False, "590"),
    ("late because nobody was in", {"kind": "delay", "late_hours": 9, "fault": "consignee"}, P.CUSTOMER, 0, True, "592"),
    ("not late", {"kind": "delay", "late_hours": 0}, P.UNCLEAR, 0, False, "577"),
    ("signed by a stranger", {"kind": "wrong_delivery", "custody": "signed", "report": "wrong_sign"}, P.CARRIER, 100, True, "832"),
    ("no track", {"record": "none"}, P.UNCLEAR, 0, False, "832"),
    ("never handed over", {"custody": "before_pickup"}, P.UNCLEAR, 0, False, "832"),
    ("reports that contradict", {"report": "damage", "fault": "contradictory"}, P.UNCLEAR, 0, False, "832"),
    ("return dispute", {"kind": "return_dispute"}, P.UNCLEAR, 0, False, "577"),
    ("thin facts", {}, P.UNCLEAR, 0, False, "832"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "change", "party", "percent", "clear", "law"), TABLE, ids=[t[0] for t in TABLE])
def test_the_table(what: str, change: dict[str, Any], party: LiableParty, percent: int, clear: bool, law: str) -> None:
    liability = determine(replace(BASE, **change), RULES)

    assert (liability.party, liability.carrier_percent, liability.clear) == (party, percent, clear)
    assert any(law in cited.ref for cited in liability.law), [cited.ref for cited in liability.law]
    assert liability.reason_zh
    assert liability.reason_en


def test_a_party_and_its_share_always_fit() -> None:
    """Whatever the table is edited to: only a shared fault has a share between none and all."""
    for _, change, *_ in TABLE:
        liability = determine(replace(BASE, **change), RULES)
        match liability.party:
            case P.CARRIER:
                assert liability.carrier_percent == 100
            case P.SHARED:
                assert 0 < liability.carrier_percent < 100
            case P.UNCLEAR:
                assert not liability.clear
                assert liability.carrier_percent == 0
            case _:
                assert liability.carrier_percent == 0


def facts(given_case_fields: dict[str, object], *attachments: object) -> Facts:
    file = world(opened(case(**given_case_fields), *attachments)).only  # type: ignore[arg-type]
    return facts_of(file, RULES.opening.goods, NOW)


def test_facts_from_a_track() -> None:
    terms = shipment(product="postal", insured_fen=100, goods="Fresh cherries", promised_at=NOW)
    read = facts({"claim": form(goods=None), "parcel": signed(hours_ago=5, terms=terms)}, PHOTO, PACKING)

    assert read == replace(
        BASE,
        custody="signed",
        goods="perishable",
        insured=True,
        postal=True,
        photos=True,
        packaging=True,
        silent_hours=5,
        objection_hours=5,
        late_hours=0,
    )


def test_the_report_that_fits_the_claim_counts() -> None:
    track = parcel(
        point(Node.HUB_IN, 9, exception=ExceptionKind.DELAY, fault=Fault.CARRIER),
        point(Node.SORTED, 8, exception=ExceptionKind.DAMAGE, fault=Fault.MERCHANT),
    )

    assert facts({"claim": form(), "parcel": track}).report == "damage"
    assert facts({"claim": form(ClaimKind.DELAY), "parcel": track}).report == "delay"
    assert facts({"claim": form(ClaimKind.LOSS), "parcel": track}).report == "damage"
    assert facts({"claim": form(), "parcel": track}).fault == "carrier_and_shipper"


@pytest.mark.parametrize(
    ("faults", "blame"),
    [
        ((), "none"),
        ((Fault.OTHER,), "other"),
        ((Fault.OTHER, Fault.CARRIER), "carrier"),
        ((Fault.CARRIER, Fault.CONSIGNEE), "carrier_and_shipper"),
        ((Fault.CARRIER, Fault.WEATHER), "contradictory"),
        ((Fault.MERCHANT, Fault.CONSIGNEE), "contradictory"),
    ],
)
def test_faults_become_one_blame(faults: tuple[Fault, ...], blame: str) -> None:
    points = [point(Node.HUB_IN, 9, fault=fault) for fault in faults] or [point(Node.HUB_IN, 9)]

    assert facts({"claim": form(), "parcel": parcel(*points)}).fault == blame


def test_the_case_tells_of_report_and_fault_too() -> None:
    read = facts({"exception_kind": ExceptionKind.LOSS, "exception_fault": Fault.CARRIER, "parcel": parcel()})

    assert (read.report, read.fault) == ("loss", "carrier")


@pytest.mark.parametrize(("minutes", "late"), [(-60, 0), (0, 0), (1, 1), (60, 1), (61, 2)])
def test_late_hours_count_the_hour_begun(minutes: int, late: int) -> None:
    terms = shipment(promised_at=NOW - timedelta(minutes=minutes))

    assert facts({"claim": form(ClaimKind.DELAY), "parcel": parcel(terms=terms)}).late_hours == late

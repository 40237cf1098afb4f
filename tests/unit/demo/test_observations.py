"""What the topics said: a repeat counts once, an older version changes nothing, odd bytes stop nobody."""

from demo.gateways.answer import Place
from demo.seen.observations import Observations
from demo.sending import print_of
from tests.unit.demo.records import AT, Feed

OPENED = {"type": "opened", "interaction_id": "i1"}


def test_a_record_that_comes_twice_is_told_once() -> None:
    seen = Observations()
    feed = Feed(seen)
    change = {"type": "escalated", "level": 1, "role": "lead", "reason": "late"}
    feed.case("k1", change, ce_id="same")
    feed.case("k1", change, ce_id="same")
    assert seen.escalations == 1
    assert seen.records == 2


def test_an_older_version_never_overwrites_a_newer_one() -> None:
    seen = Observations()
    feed = Feed(seen)
    feed.case("k1", version=3, status="resolved")
    feed.case("k1", version=2, status="assigned")
    assert seen.cases["k1"]["status"] == "resolved"


def test_a_case_opened_for_an_exception_is_known_by_it() -> None:
    seen = Observations()
    Feed(seen).case("k1", OPENED, origin="parcel_exception", exception_id="x1", exception_kind="damage")
    assert seen.cases_of_exception == {"x1": {"k1"}}
    assert seen.cases_of_interaction == {"i1": {"k1"}}
    assert "先于客户建单" in seen.happenings[0].zh


def test_breaches_are_counted_by_their_clock() -> None:
    seen = Observations()
    Feed(seen).case("k1", {"type": "clock", "clock": "resolution", "change": "breached"})
    Feed(seen).case("k2", {"type": "clock", "clock": "resolution", "change": "met"}, ce_id="other")
    assert seen.breaches == {"resolution": 1}


def test_a_payment_is_a_line_of_the_ticker() -> None:
    seen = Observations()
    law = {"law": [{"ref": "《民法典》第八百三十二条 (Civil Code art. 832)", "zh": "…", "en": "…"}]}
    payout = {"decision_id": "d1", "amount_fen": 12800, "status": "succeeded", "provider_ref": "p"}
    Feed(seen).claim("c1", "paid", payout=payout, fast_track=True, liability=law)
    assert (
        seen.happenings[0].line().startswith("10:30 破损件 SF1 先行赔付 ¥128.00 → 已到账（《民法典》第八百三十二条）")
    )


def test_the_prefix_of_a_shared_cluster_is_taken_off_the_dead_letters_origin() -> None:
    seen = Observations(prefix="demo-1-")
    Feed(seen, prefix="demo-1-").dead_letter("gateway-parcels.v1", 2, 17)
    assert [place for place, _ in seen.dead_letters] == [Place("gateway-parcels.v1", 2, 17)]


def test_a_dropped_dead_letter_is_no_letter() -> None:
    seen = Observations()
    seen.add("dead-letters.v1", {"ce_id": b"t"}, None, 0.0)
    assert seen.dead_letters == {}


def test_odd_records_stop_nobody() -> None:
    seen = Observations()
    feed = Feed(seen)
    seen.add("cases.v1", {"ce_id": b"a"}, b"\xff not json", 0.0)
    feed.add("claims.v1", {"claim": {}})
    feed.interaction("i1")
    assert seen.unreadable == 2
    assert set(seen.interactions) == {"i1"}


def test_a_lookup_is_no_scan() -> None:
    seen = Observations()
    feed = Feed(seen)
    feed.add("parcel-events.v1", {"tracking_number": "SF1", "case_id": "k"}, ce_type="parcelcare.parcel.lookup")
    feed.scan("SF2")
    assert seen.scans == {("SF2", AT)}


def test_an_interaction_is_recognised_by_what_was_said_when() -> None:
    seen = Observations()
    Feed(seen).interaction("i1", text="  快递到哪了 ")
    assert seen.interactions["i1"].print == print_of(AT, "快递到哪了")

"""What is shown: the counters, the ticker, the table, and the file; readable with and without a terminal."""

import io
from datetime import timedelta

import orjson
import pytest
from rich.console import Console

from demo.addresses import PAGE, interesting_claims
from demo.invariants import judge
from demo.invariants.finding import Evidence
from demo.ledger import Ledger
from demo.live import TICKER_LINES, LiveView, Ticker
from demo.schedule import Timetable
from demo.score import score
from demo.seen.happenings import Happening
from demo.seen.observations import Observations
from demo.summary import called_later, invariants_json, shortened, summary
from demo.table import show
from tests.unit.demo.records import AT, Feed
from tests.unit.demo.test_invariants import World

pytestmark = pytest.mark.req("SY-9")


@pytest.fixture
def world(plan: Timetable) -> World:
    return World(plan.people[0])


def printed(width: int = 160) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, width=width, force_terminal=False), text


def test_the_score_counts_what_was_seen(world: World, plan: Timetable) -> None:
    now = score(world.ledger, world.seen, plan.day, plan.day.opens + timedelta(hours=4), 0)
    assert (now.contacts, now.cases, now.before_call, now.claims_paid, now.paid_fen) == (3, 4, 1, 1, 12800)
    assert now.share == 0.25
    assert now.line().startswith("11:00  联系 contacts 3")
    assert "¥128.00" in now.line()


def test_without_a_terminal_there_are_plain_lines(world: World, plan: Timetable) -> None:
    console, text = printed()
    at = plan.day.opens + timedelta(hours=1)
    with LiveView(console, "day", lambda: (score(world.ledger, world.seen, plan.day, at, 0), [])) as view:
        view.say("loading")
        for _ in range(5):
            view.refresh()
    assert text.getvalue().count("联系 contacts") == 1, "one line in ten seconds"
    assert "loading" in text.getvalue()


def test_with_a_terminal_there_is_one_panel(world: World, plan: Timetable) -> None:
    text = io.StringIO()
    console = Console(file=text, width=120, height=40, force_terminal=True)
    view = LiveView(console, "ParcelCare", lambda: (score(world.ledger, world.seen, plan.day, AT, 0), []))
    console.print(view.panel(view.look()[0]))
    assert "ParcelCare" in text.getvalue()
    assert "before the call" in text.getvalue()
    assert "23:00" in text.getvalue()


def test_the_ticker_shows_the_weightiest_of_many() -> None:
    ticker = Ticker()
    many = [Happening(AT + timedelta(minutes=n), f"件{n}", "x", 3 if n == 7 else 1) for n in range(20)]
    ticker.look(many)
    assert len(ticker.lines) == 2
    assert any(line.zh == "件7" for line in ticker.lines)
    for n in range(20, 60):
        ticker.look([*many, *(Happening(AT, f"新{m}", "x", 1) for m in range(20, n))])
    assert len(ticker.lines) == TICKER_LINES


def test_the_table_has_both_languages_and_the_line_that_counts(world: World) -> None:
    console, text = printed()
    verdict = judge(Evidence(world.ledger, world.seen, world.statement, world.mails))
    show(console, summary(world.ledger, world.seen), verdict, 120)
    shown = text.getvalue()
    assert "受理 accepted 3 · 丢失 lost 0 · 重复 doubled 0 · 已付 paid ¥128.00 = 决定 decided ¥128.00" in shown
    for heading in ("联系 Contacts", "工单 Cases", "主动建单 Before the call", "死信 Dead letters"):
        assert heading in shown


def test_a_broken_rule_is_shown_with_an_example(world: World) -> None:
    console, text = printed()
    world.feed.interaction("i9", "在吗")
    verdict = judge(Evidence(world.ledger, world.seen, world.statement, world.mails))
    show(console, summary(world.ledger, world.seen), verdict, 120)
    assert "✗" in text.getvalue()
    assert "i9" in text.getvalue()
    assert "lost 1" in text.getvalue()


def test_everything_goes_into_the_file(world: World) -> None:
    verdict = judge(Evidence(world.ledger, world.seen, world.statement, world.mails))
    content = {"summary": summary(world.ledger, world.seen).as_json(), "invariants": invariants_json(verdict)}
    read = orjson.loads(orjson.dumps(content))
    assert read["summary"]["contacts"] == {"web": 3}
    assert read["summary"]["clocks"]["resolution"] == {"kept": 0, "missed": 0, "median_minutes": None}
    assert read["invariants"]["holds"] is True
    assert read["invariants"]["broken"] == {"lost": 0, "doubled": 0, "money": 0, "garbage": 0}


def test_an_empty_day_can_be_told_too() -> None:
    console, text = printed()
    show(console, summary(Ledger(), Observations()), judge(Evidence(Ledger(), Observations())), 120)
    assert "accepted 0" in text.getvalue()


def test_cases_before_the_call_whose_customer_called_later(world: World, plan: Timetable) -> None:
    sending = next(s for s in plan.contacts if s.contact and s.contact.journey)
    assert sending.contact
    assert sending.contact.journey
    world.ledger.contacts["x"] = type(world.ledger.contacts["w1"])(sending, "i1")
    number = sending.contact.journey.tracking_number
    before = {"tracking_numbers": [number], "opened_at": (sending.at - timedelta(hours=1)).isoformat()}
    after = {"tracking_numbers": [number], "opened_at": (sending.at + timedelta(hours=1)).isoformat()}
    other = {"tracking_numbers": ["NOBODYS"], "opened_at": before["opened_at"]}
    assert called_later(world.ledger, [before, after, other]) == 1


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("value: json_invalid", "json_invalid"),
        ("carrier: string_type; node: enum", "string_type"),
        ("header missing: ce_id", "header missing"),
        ("ce_type is none of call.ended, chat.message", "ce_type"),
        ("", "—"),
    ],
)
def test_dead_letters_are_grouped_by_the_kind_of_fault(reason: str, kind: str) -> None:
    assert shortened(reason) == kind


def test_the_most_interesting_claim_is_a_paid_fast_track() -> None:
    seen = Observations()
    feed = Feed(seen)
    feed.paid_claim("c1", 500)
    feed.paid_claim("c2", 900)
    feed.claim("c3", "opened", state="in_review")
    assert [claim["claim_id"] for claim in interesting_claims(seen)] == ["c2", "c1"]


def test_a_progress_link_is_found_in_a_mail() -> None:
    found = PAGE.search("处理进度：http://127.0.0.1:28004/p/ICcEn0UbxfX53FhspXdi4g\n")
    assert found
    assert found[0].endswith("/p/ICcEn0UbxfX53FhspXdi4g")

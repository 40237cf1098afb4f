"""The progress page's words, states and masks, from views."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.notify.example import START, story
from services.notify.masking import mask_mail, mask_name, mask_phone, mask_text
from services.notify.page import build_page, span
from services.notify.pages import Pages, load_pages
from services.notify.project import project
from services.notify.texts import Speaker, load_texts
from services.notify.view import View
from services.notify.words import full_time, near_time, short_time, yuan
from shared.contracts import cases, claims
from shared.contracts.cases import CaseStatus, ClockKind, ClockState
from shared.contracts.estimates import ArrivalEstimate
from shared.contracts.parcels import ExceptionKind, Node, TrackPoint
from shared.contracts.personal import Personal
from tests.unit.notify.events import LINKS, RULES, changed, claim_changed, plan

TODAY = date(2026, 11, 22)
PAGES: Pages = load_pages(RULES, LINKS, "service@parcelcare.example", TODAY)
SPEAK = {language: Speaker(load_texts(TODAY), language) for language in ("zh", "en")}


def after(count: int, language: Any = "zh") -> View:
    view: View | None = None
    for event in list(story(language))[:count]:
        view = plan(event, view).state or view
    assert view is not None
    return view


def shown(view: View, language: str = "zh", hours: float = 1) -> Any:
    return build_page(view, RULES, SPEAK[language], START + timedelta(hours=hours))


@pytest.mark.req("NO-5")
@pytest.mark.parametrize(
    ("fields", "stage", "title"),
    [
        ({"status": CaseStatus.QUEUED}, "受理", "已受理"),
        ({"status": CaseStatus.ASSIGNED}, "处理中", "正在处理"),
        ({"status": CaseStatus.ASSIGNED, "first_response_at": START}, "核实", "正在核实"),
        ({"status": CaseStatus.ASSIGNED, "escalation_level": 1}, "核实", "已升级，优先处理中"),
        ({"status": CaseStatus.WAITING_CUSTOMER}, "核实", "等待您的回复"),
        ({"status": CaseStatus.RESOLVED}, "已解决", "问题已解决，等您确认"),
    ],
)
def test_the_stage_line_by_the_cases_state(fields: dict[str, Any], stage: str, title: str) -> None:
    page = shown(project(None, changed(cases.Classified(), **fields), []))
    assert [step.name for step in page.stage.steps] == ["受理", "处理中", "核实", "已解决", "已关闭"]
    assert [step.name for step in page.stage.steps if step.state == "now"] == [stage]
    assert page.stage.title == title


@pytest.mark.req("NO-5")
def test_a_closed_case_has_every_stage_done() -> None:
    page = shown(after(10))
    assert {step.state for step in page.stage.steps} == {"done"}
    assert page.tiles[0].main == "已完成"


@pytest.mark.req("NO-5")
@pytest.mark.parametrize(
    ("state", "main", "note", "tone"),
    [
        (ClockState.RUNNING, "明天 09:12", "还有 23 小时", ""),
        (ClockState.WARNED, "明天 09:12", "还有 23 小时", ""),
        (ClockState.PAUSED, "暂停计时", "等待您的回复，回复后继续", "calm"),
        (ClockState.BREACHED, "已超过承诺时间", "原定 明天 09:12，已提高优先级", "late"),
    ],
)
def test_the_promise_is_told_honestly(state: ClockState, main: str, note: str, tone: str) -> None:
    clock = cases.Clock(
        kind=ClockKind.RESOLUTION,
        state=state,
        started_at=START,
        warn_at=START,
        due_at=START + timedelta(hours=24),
        rule="r",
    )
    page = shown(project(None, changed(cases.Classified(), clocks=(clock,)), []))
    (tile,) = [tile for tile in page.tiles if tile.label == "承诺时间"]
    assert (tile.main, tile.note, tile.tone) == (main, note, tone)
    assert ("明天 09:12 前给出结果" in page.stage.next_step) == (state in (ClockState.RUNNING, ClockState.WARNED))


@pytest.mark.req("NO-5", "CL-4")
def test_the_claim_card_shows_arithmetic_law_and_liability_once_decided() -> None:
    before, decided = shown(after(6)).claims[0], shown(after(8)).claims[0]
    assert (before.arithmetic, before.law, before.awarded) == ((), (), "")
    assert decided.awarded == "¥1,299.00"
    assert decided.arithmetic[0] == ("核定实际损失", "¥1,299.00")
    assert [ref for ref, _ in decided.law] == ["民法典 第八百三十二条", "快递暂行条例 第二十七条"]
    assert decided.share == "承运方承担 100%"


@pytest.mark.req("NO-5", "CL-2")
def test_missing_evidence_makes_it_the_customers_turn() -> None:
    page = shown(after(5))
    assert page.your_turn
    assert [what for what, _ in page.claims[0].missing] == ["损失照片", "货值证明"]
    assert page.claims[0].received == ("运输合同或面单",)
    assert not shown(after(7)).your_turn
    assert not shown(after(10)).your_turn


@pytest.mark.req("NO-5")
def test_a_refused_claim_shows_no_amount_awarded() -> None:
    rejected = claim_changed(claims.Decided(by="rules"), state="rejected")
    card = shown(project(None, rejected, [])).claims[0]
    assert (card.awarded, card.tone, card.state) == ("", "refused", "不予赔付")
    assert card.demanded == "¥1,299.00"


@pytest.mark.req("NO-5")
def test_the_parcel_passes_twelve_nodes() -> None:
    nodes = shown(after(3)).parcel.nodes
    assert len(nodes) == 12
    assert [node.state for node in nodes] == [
        "done", "done", "skipped", "done", "skipped", "done", "done", "optional", "now", "ahead", "optional", "ahead",
    ]  # fmt: skip
    assert nodes[1].note == "杭州滨江网点"
    assert (nodes[2].note, nodes[7].note) == ("无扫描记录", "仅跨境件")


@pytest.mark.req("NO-5", "RO-11")
@pytest.mark.parametrize(("language", "says"), [("zh", "预计 明天 20:00 前送达"), ("en", "Expected by tomorrow 20:00")])
def test_the_page_says_when_the_parcel_is_expected_until_that_has_passed(language: str, says: str) -> None:
    evening = START.replace(hour=12, minute=0) + timedelta(days=1)
    event = changed(cases.Classified(), estimate=ArrivalEstimate(at=evening, basis="exception"))
    view = project(None, event, [])
    assert shown(view, language).parcel.expected == says
    assert says in PAGES.page(view, language, START)
    assert shown(view, language, hours=60).parcel.expected == ""
    assert shown(project(None, changed(cases.Classified()), [])).parcel.expected == ""


@pytest.mark.req("NO-5")
def test_trouble_is_marked_at_its_node() -> None:
    event = changed(cases.Classified())
    assert event.case.parcel is not None
    damaged = TrackPoint(node=Node.HUB_IN, at=START, exception=ExceptionKind.DAMAGE)
    case = event.case.model_copy(update={"parcel": event.case.parcel.model_copy(update={"track": (damaged,)})})
    nodes = shown(project(None, event.model_copy(update={"case": case}), [])).parcel.nodes
    assert [node.trouble for node in nodes if node.trouble] == ["货物破损"]


@pytest.mark.req("NO-5")
def test_a_claim_that_came_before_its_case_has_a_page_too() -> None:
    html = PAGES.page(project(None, claim_changed(claims.Decided(by="rules")), []), "en", START)
    assert "Claim approved, payment on its way" in html
    assert "PC7K2M9Q4D" in html


@pytest.mark.req("NO-5", "SY-5")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_whole_page_names_no_person(language: Any) -> None:
    view = after(10, language)
    html = PAGES.page(view, language, START + timedelta(hours=31))
    for secret in ("13812345678", "zhou.xm", "周晓敏", "Emma Clark", "6222020200112233", "a17"):
        assert secret not in html
    assert "z***@example.cn" in html
    assert not re.search(r"style=\"|<script>|onclick", html), "the content security policy forbids it"


@pytest.mark.req("NO-5")
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("count", range(1, 11))
def test_every_state_of_the_story_renders(language: Any, count: int) -> None:
    title, html = PAGES.fragment(after(count, language), language, START + timedelta(hours=31))
    assert "PC7K2M9Q4D" in title
    assert "None" not in html
    assert "{" not in html


@pytest.mark.req("SY-5")
@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("请打13812345678找我", "请打138****5678找我"),
        ("电话 +86 138 1234 5678。", "电话 +86 138****78。"),
        ("身份证 11010519900307123X", "身份证 110105********123X"),
        ("卡号6222020200112233谢谢", "卡号6222********2233谢谢"),
        ("写信到 zhou.xm@example.cn 吧", "写信到 z***@example.cn 吧"),
        ("运单 YT8812340091276 和 SF13812345678", "运单 YT8812340091276 和 SF13812345678"),
        ("赔付 ¥1,299.00，11月24日 10:00", "赔付 ¥1,299.00，11月24日 10:00"),
    ],
)
def test_free_text_is_masked(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.req("SY-5")
def test_handles_are_masked() -> None:
    assert [mask_name(name) for name in ("张三", "欧阳文忠", "Emma Clark", "Li", "")] == [
        "张*",
        "欧***",
        "E. C.",
        "L.",
        "",
    ]
    assert [mask_phone(phone) for phone in ("+8613812345678", "12345")] == ["138****5678", "****"]
    assert [mask_mail(address) for address in ("a@b.cn", "nonsense")] == ["a***@b.cn", "***"]


def test_times_are_written_for_shanghai() -> None:
    now = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)
    assert near_time(now, now, "zh") == "今天 23:59"
    assert near_time(now + timedelta(minutes=1), now, "en") == "tomorrow 00:00"
    assert near_time(now - timedelta(days=1), now, "zh") == "昨天 23:59"
    assert near_time(now + timedelta(days=3), now, "zh") == "11月25日 周三 23:59"
    assert near_time(datetime(2027, 1, 3, 1, tzinfo=UTC), now, "en") == "Sun 3 Jan, 09:00 2027"
    assert short_time(now - timedelta(days=4), now, "en") == "18 Nov, 23:59"
    assert full_time(now, "zh") == "11月22日 周日 23:59"


def test_money_and_spans() -> None:
    assert [yuan(fen) for fen in (0, 5, 123450, 10**9)] == ["¥0.00", "¥0.05", "¥1,234.50", "¥10,000,000.00"]
    assert [span(timedelta(minutes=m), "zh") for m in (0, 59, 61, 1500)] == [
        "0 分钟",
        "59 分钟",
        "1 小时 1 分钟",
        "1 天 1 小时",
    ]
    assert span(timedelta(minutes=1500), "en") == "1 d 1 h"


@pytest.mark.req("NO-5", "SY-5")
def test_reply_texts_are_quoted_masked() -> None:
    reply = cases.Replied(agent="a", text=Personal("请回电13812345678"))
    view = plan(changed(reply)).state
    assert view is not None
    assert shown(view).days[0].moments[0].quote == "请回电138****5678"

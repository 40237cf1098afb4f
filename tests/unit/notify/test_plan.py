"""What a change of a case or claim means for its customer and its page."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.example import story
from services.notify.plan import concerns
from services.notify.view import View
from shared.contracts import cases, claims
from shared.contracts.estimates import ArrivalEstimate, EstimateMoved
from shared.contracts.interactions import EvidenceKind
from shared.contracts.notices import NoticeKind
from shared.contracts.people import ContactKind, ContactPoint
from shared.contracts.personal import Personal
from tests.unit.notify.events import RULES, STORY, case_changes, changed, claim_changed, notice, plan

ASSIGNED = cases.Assigned(agent="a17", group="claims")
EXPECTED = ArrivalEstimate(at=datetime(2026, 11, 24, 12, tzinfo=UTC), basis="exception")
REPLIED = cases.Replied(agent="a17", text=Personal("您好，已查到包裹。"))


@pytest.mark.req("NO-1")
@pytest.mark.parametrize(
    ("event", "kind", "subject"),
    [
        (changed(cases.Opened()), NoticeKind.RECEIVED, "已受理您的投诉"),
        (
            changed(cases.Opened(), origin="parcel_exception", exception_kind="delay"),
            NoticeKind.RECEIVED,
            "系统发现您的包裹异常（时效延误），已主动为您立案",
        ),
        (
            changed(cases.Opened(), origin="parcel_exception", exception_kind="delay", estimate=EXPECTED),
            NoticeKind.RECEIVED,
            "已主动为您立案；预计 11月24日 周二 20:00 前送达",
        ),
        (changed(EstimateMoved(after=EXPECTED.at)), NoticeKind.STAGE, "预计送达时间更新：11月24日 周二 20:00 前"),
        (changed(EstimateMoved(before=EXPECTED.at)), NoticeKind.STAGE, "目前无法确定送达时间，有进展即告知您"),
        (changed(ASSIGNED), NoticeKind.STAGE, "已转交理赔组处理"),
        (changed(cases.Escalated(level=2, role="supervisor", reason="x")), NoticeKind.STAGE, "已升级至省级督导督办"),
        (changed(cases.Escalated(level=2, role="unheard-of", reason="x")), NoticeKind.STAGE, "已升级至上级主管督办"),
        (changed(REPLIED), NoticeKind.REPLY, "关于您的投诉，我们的回复"),
        (changed(cases.Resolved(by="a17"), status="resolved"), NoticeKind.STAGE, "问题已解决，等待您确认"),
        (changed(cases.Reopened()), NoticeKind.STAGE, "工单已重新打开"),
        (changed(cases.Closed(by="a17"), status="closed"), NoticeKind.CLOSED, "您的工单已关闭"),
        (changed(cases.ParcelUpdated(cleared=True)), NoticeKind.STAGE, "包裹已恢复运输，最新节点：目的网点到件"),
        (
            changed(cases.ClockChanged(clock=cases.ClockKind.RESOLUTION, change="resumed")),
            NoticeKind.STAGE,
            "新的承诺时间 11月21日 周六 09:12",
        ),
        (
            claim_changed(claims.EvidenceRequested(missing=(EvidenceKind.WAYBILL,)), version=2),
            NoticeKind.EVIDENCE_NEEDED,
            "请补充理赔材料",
        ),
        (claim_changed(claims.Decided(by="rules")), NoticeKind.DECIDED, "理赔已有决定：全额赔付，¥1,299.00"),
        (claim_changed(claims.Decided(by="rules"), state="rejected"), NoticeKind.DECIDED, "理赔已有决定：不予赔付"),
        (claim_changed(claims.ReviewRequested(reason="x"), version=3), NoticeKind.STAGE, "CL3F8T2W6N 已转人工审核"),
        (claim_changed(claims.PayoutRefused(reason="x")), NoticeKind.STAGE, "赔款未能付出"),
        (claim_changed(claims.Paid(), version=5), NoticeKind.PAID, "赔款 ¥1,299.00 已支付"),
        (claim_changed(claims.ClaimWithdrawn(), version=3), NoticeKind.STAGE, "理赔申请 CL3F8T2W6N 已撤回"),
    ],
)
def test_each_change_that_is_told(event: Any, kind: NoticeKind, subject: str) -> None:
    told = notice(plan(event))
    assert told.kind == kind
    assert told.subject.reveal().startswith("[PC7K2M9Q4D] ")
    assert subject in told.subject.reveal()
    assert told.language == "zh"


@pytest.mark.req("NO-1")
@pytest.mark.parametrize(
    "change",
    [
        cases.Classified(),
        cases.ParcelUpdated(),
        cases.ClockChanged(clock=cases.ClockKind.RESOLUTION, change="paused"),
        cases.ClockChanged(clock=cases.ClockKind.LEGAL_ANSWER, change="started"),
    ],
)
def test_changes_that_the_page_alone_shows(change: cases.Change) -> None:
    decision = plan(changed(change))
    assert decision.messages == ()
    assert decision.state is not None
    assert decision.state.case is not None


@pytest.mark.req("NO-3")
def test_a_claim_that_a_person_had_already_is_no_news() -> None:
    decision = plan(claim_changed(claims.ReviewRequested(reason="y", again=True), version=3))
    assert decision.messages == ()


@pytest.mark.req("NO-1")
def test_a_warned_clock_is_ignored_whatever_the_view_is() -> None:
    event = changed(cases.ClockChanged(clock=cases.ClockKind.RESOLUTION, change="warned"))
    assert plan(event).ignored
    assert plan(event, plan(STORY[0]).state).ignored
    assert not concerns(event, RULES)


@pytest.mark.req("NO-3")
def test_many_changes_of_one_event_are_one_notice_that_tells_them_all() -> None:
    decision = plan(changed(cases.Opened(), cases.Classified(), ASSIGNED, REPLIED))
    told = notice(decision)
    assert told.kind == NoticeKind.REPLY
    text = told.text.reveal()
    assert "您好，已查到包裹。" in text
    assert "已受理您的投诉" in text
    assert "已转交理赔组处理" in text


@pytest.mark.req("NO-1")
def test_a_parcel_that_moves_again_and_is_expected_otherwise_is_one_notice() -> None:
    told = notice(plan(changed(cases.ParcelUpdated(cleared=True), EstimateMoved(after=EXPECTED.at))))
    assert "包裹已恢复运输" in told.subject.reveal()
    assert "预计送达时间更新：11月24日 周二 20:00 前" in told.text.reveal()


@pytest.mark.req("NO-1")
def test_a_case_that_is_resolved_and_closed_at_once_is_told_as_closed_with_its_summary() -> None:
    both = changed(cases.Resolved(by="a"), cases.Closed(by="a"), status="closed", summary=Personal("已补寄。"))
    told = notice(plan(both))
    assert told.kind == NoticeKind.CLOSED
    assert "已补寄。" in told.text.reveal()
    assert "等待您确认" not in told.text.reveal()
    resolved = notice(plan(changed(cases.Resolved(by="a"), status="resolved", summary=Personal("已补寄。"))))
    assert "处理结果：已补寄。" in resolved.text.reveal()


@pytest.mark.req("NO-3")
@given(st.lists(case_changes, min_size=1, max_size=8))
def test_an_event_never_makes_two_notices(changes: list[cases.Change]) -> None:
    assert len(plan(changed(*changes)).messages) <= 1


@pytest.mark.req("NO-3")
def test_the_ids_follow_from_the_event() -> None:
    first, again = plan(changed(ASSIGNED)), plan(changed(ASSIGNED))
    assert first.messages[0].id == again.messages[0].id
    assert notice(first).notice_id == notice(again).notice_id != first.messages[0].id
    assert first.messages[0].key == notice(first).customer_id == "5f1c9a"


@pytest.mark.req("NO-2")
def test_a_merchant_without_mail_is_told_by_webhook() -> None:
    told = notice(plan(changed(ASSIGNED, way="webhook")))
    assert (told.channel, told.address.reveal(), told.letter) == ("webhook", "merchant", None)


@pytest.mark.req("NO-2")
def test_mail_goes_before_webhook() -> None:
    both = changed(ASSIGNED).case.customer
    hook = ContactPoint(kind=ContactKind.WEBHOOK, value=Personal("merchant"))
    event = changed(ASSIGNED, customer=both.model_copy(update={"contacts": (hook, *both.contacts)}))
    assert notice(plan(event)).channel == "email"


@pytest.mark.req("NO-2")
def test_a_customer_without_an_address_is_told_nothing_and_the_view_says_so() -> None:
    decision = plan(changed(ASSIGNED, way="phone"))
    assert decision.messages == ()
    assert decision.state is not None
    assert [entry.told for entry in decision.state.timeline] == ["nobody"]


@pytest.mark.req("NO-1")
def test_the_notice_is_in_the_customers_language_with_its_promise_and_link() -> None:
    told = notice(plan(changed(ASSIGNED, language="en")))
    text = told.text.reveal()
    assert "Dear Emma Clark," in text
    assert "Result by Sat 21 Nov, 09:12" in text
    assert "https://service.example/p/" in text
    assert told.in_reply_to == "<20261120.0912.4f1b@mail.example.cn>"


@pytest.mark.req("NO-1", "CL-4")
def test_a_decision_carries_amount_arithmetic_law_and_the_way_to_appeal() -> None:
    text = notice(plan(claim_changed(claims.Decided(by="bob", reason=Personal("按保价赔付。"))))).text.reveal()
    for part in (
        "¥1,299.00",
        "核定实际损失",
        "民法典 第八百三十二条",
        "快递暂行条例 第二十七条",
        "人工复核",
        "按保价赔付。",
    ):
        assert part in text


@pytest.mark.req("NO-1", "CL-10")
def test_a_refusal_names_no_amount_as_awarded() -> None:
    refused = claim_changed(claims.Decided(by="bob"), state="rejected")
    assert "理赔 CL3F8T2W6N 已有决定：不予赔付。" in notice(plan(refused)).text.reveal()


@pytest.mark.req("CL-2", "NO-1")
def test_missing_evidence_is_asked_for_by_name() -> None:
    text = notice(plan(STORY[4])).text.reveal()
    assert "1. 损失照片（" in text
    assert "2. 货值证明（" in text


@pytest.mark.req("NO-1")
def test_a_claims_notice_joins_the_customers_mail_thread_and_tells_the_cases_stage() -> None:
    view: View | None = None
    for event in STORY[:4]:
        view = plan(event, view).state or view
    told = notice(plan(STORY[4], view))
    assert told.in_reply_to == "<20261120.0912.4f1b@mail.example.cn>"
    assert "等待" not in told.subject.reveal()
    assert "请回复邮件并附上：损失照片、货值证明" in told.text.reveal()


@pytest.mark.req("NO-1")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_story_is_told_in_eight_notices(language: Any) -> None:
    view: View | None = None
    kinds = []
    for event in story(language):
        decision = plan(event, view)
        view = decision.state or view
        kinds += [notice(decision).kind] if decision.messages else []
    assert kinds == ["received", "stage", "reply", "evidence_needed", "stage", "decided", "paid", "closed"]

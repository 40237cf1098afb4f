"""RO-2: classification by keywords and decision table, Chinese and English."""

import csv
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.intake.calls.rules import call_rules
from services.routing.classify import classify, group_of, merged
from services.routing.indicators import CatchAlls
from shared.contracts.cases import CaseKind, Classification
from shared.contracts.interactions import Call, ClaimForm, ClaimKind
from shared.contracts.people import Channel
from shared.contracts.personal import Personal
from tests.unit.routing.builders import contact, opened, rules

CLAIM, COMPLAINT, QUERY = CaseKind.CLAIM, CaseKind.COMPLAINT, CaseKind.QUERY
AFTER_SALES, FEEDBACK = CaseKind.AFTER_SALES, CaseKind.FEEDBACK

MESSAGES: list[tuple[str, CaseKind, str]] = [
    ("我的快递到哪了", QUERY, "where_is"),
    ("麻烦帮我查一下单号，谢谢", QUERY, "where_is"),
    ("请问今天能送到吗？在家等", QUERY, "where_is"),
    ("Where is my parcel?", QUERY, "where_is"),
    ("could you tell me when will it be delivered", QUERY, "where_is"),
    ("快递五天没更新了", COMPLAINT, "delay"),
    ("说好昨天到的，到现在都没有送来", COMPLAINT, "delay"),
    ("物流一直卡在转运中心", COMPLAINT, "delay"),
    ("怎么还没送到啊？", QUERY, "delay"),
    ("My package hasn't moved since Monday", COMPLAINT, "delay"),
    ("It is two weeks late", COMPLAINT, "delay"),
    ("箱子破损，里面的碗都碎了", COMPLAINT, "damage"),
    ("收到货发现屏幕碎了，图片已附", COMPLAINT, "damage"),
    ("荔枝全烂了没法吃", COMPLAINT, "damage"),
    ("打开包裹，面膜漏液了", COMPLAINT, "damage"),
    ("the vase arrived broken", COMPLAINT, "damage"),
    ("Box was crushed and the bottle is leaking", COMPLAINT, "damage"),
    ("快递被你们弄丢了", COMPLAINT, "loss"),
    ("包裹丢失，联系了网点没有结果", COMPLAINT, "loss"),
    ("I think my parcel is lost", COMPLAINT, "loss"),
    ("it went missing at the depot", COMPLAINT, "loss"),
    ("少了一件衣服", COMPLAINT, "shortage"),
    ("打开是空盒", COMPLAINT, "shortage"),
    ("two items missing from the box", COMPLAINT, "shortage"),
    ("显示已签收，但我没收到", COMPLAINT, "not_received"),
    ("谁签收的？不是本人签收", COMPLAINT, "not_received"),
    ("Tracking says delivered but I never got it", COMPLAINT, "not_received"),
    ("快递送错了，送到别的小区了", COMPLAINT, "misdelivered"),
    ("收到的不是我的包裹", COMPLAINT, "misdelivered"),
    ("It was delivered to the wrong house", COMPLAINT, "misdelivered"),
    ("快递员态度恶劣，还骂人", COMPLAINT, "attitude"),
    ("打电话问一句就挂我电话", COMPLAINT, "attitude"),
    ("the courier was very rude to me", COMPLAINT, "attitude"),
    ("多收了我8块钱运费", COMPLAINT, "fee_dispute"),
    ("计费重量不对，只有2公斤", COMPLAINT, "fee_dispute"),
    ("I was charged twice for the same shipment", COMPLAINT, "fee_dispute"),
    ("想改地址，我搬家了", QUERY, "address_change"),
    ("收货地址填错了，能改吗", QUERY, "address_change"),
    ("Please change the delivery address", QUERY, "address_change"),
    ("不想要了，申请退货", AFTER_SALES, "return_exchange"),
    ("尺码小了想换大一码", AFTER_SALES, "return_exchange"),
    ("How do I return this item for a refund", AFTER_SALES, "return_exchange"),
    ("手机开不了机，要返修", AFTER_SALES, "repair"),
    ("My headset stopped working, is it under warranty", AFTER_SALES, "repair"),
    ("清关需要提供身份证吗", QUERY, "customs"),
    ("My parcel is held at customs", QUERY, "customs"),
    ("发票抬头怎么开", QUERY, "invoice"),
    ("Please send me the invoice for order 3", QUERY, "invoice"),
    ("快递员服务态度特别好，点赞", FEEDBACK, "praise"),
    ("Excellent service, very satisfied", FEEDBACK, "praise"),
    ("包裹丢了，要求照价赔偿", CLAIM, "loss"),
    ("货到时摔坏了，请理赔", CLAIM, "damage"),
    ("Parcel lost, I want compensation", CLAIM, "loss"),
    ("The screen is cracked, I will file a claim", CLAIM, "damage"),
    ("延误三天，水果全坏，你们要赔", CLAIM, "delay"),
    ("我的包裹遲遲沒有送到", COMPLAINT, "delay"),
    ("昨天反馈的那个单子，有结果了吗", QUERY, "follow_up"),
    ("you said someone would call me, nobody did", QUERY, "follow_up"),
    ("材料都在附件里，请查收", QUERY, "documents"),
    ("你们几点下班，活物能不能寄", QUERY, "service_info"),
    ("how do I book a pickup", QUERY, "service_info"),
    ("返修的手机什么时候寄回", AFTER_SALES, "repair"),
    ("退款三天了还没到账", AFTER_SALES, "return_exchange"),
    ("SF1在重庆卡了2天了，怎么回事", COMPLAINT, "delay"),
    ("ＷＨＥＲＥ　ＩＳ　ＭＹ　ＰＡＲＣＥＬ", QUERY, "where_is"),
]


@pytest.mark.req("RO-2")
@pytest.mark.parametrize(("text", "kind", "tag"), MESSAGES)
def test_a_message_is_understood_with_the_words_that_decided(text: str, kind: CaseKind, tag: str) -> None:
    found = classify(contact(text), rules())
    assert (found.kind, found.tags[0]) == (kind, tag)
    assert found.confidence >= 0.5
    assert found.words


@pytest.mark.req("RO-2")
@pytest.mark.parametrize(
    ("text", "not_tag"),
    [
        ("包裹没有破损，放心", "damage"),
        ("没丢，已经找到了", "loss"),
        ("不用退货了，谢谢", "return_exchange"),
        ("服务态度很好", "attitude"),
        ("It arrived intact, not damaged at all", "damage"),
        ("glad it was not lost", "loss"),
        ("I lost my password", "loss"),
        ("不需要赔偿", "compensation"),
        ("No compensation needed", "compensation"),
        ("The chocolate is translated", "delay"),
    ],
)
def test_a_negation_is_not_taken_for_its_opposite(text: str, not_tag: str) -> None:
    assert not_tag not in classify(contact(text), rules()).tags


@pytest.mark.req("RO-2")
@pytest.mark.parametrize("text", ["", "？？？", "你好", "嗯嗯", "hello there", "12345678", "在不在"])
def test_what_is_not_understood_goes_to_people(text: str) -> None:
    case = opened(text).case
    assert case.classification.confidence < 0.5
    assert case.group == "triage"


@pytest.mark.req("RO-2")
@pytest.mark.parametrize(
    ("text", "priority"),
    [
        ("再不处理我就向邮政管理局申诉", 1),
        ("I will report this to the ombudsman", 1),
        ("包裹丢了，里面是救命药", 1),
        ("箱子破损了", 2),
        ("快递太慢了", 3),
        ("能开发票吗", 4),
    ],
)
def test_priority_follows_from_gravity(text: str, priority: int) -> None:
    assert classify(contact(text), rules()).priority == priority


@pytest.mark.req("RO-2")
@pytest.mark.parametrize("kind", list(ClaimKind))
def test_a_claim_form_is_a_claim_whatever_the_text_says(kind: ClaimKind) -> None:
    form = ClaimForm(kind=kind, tracking_number="SF1", claimed_fen=100)
    found = classify(contact("谢谢", claim=form), rules())
    assert found.kind is CLAIM
    assert found.confidence == 1
    assert "compensation" in found.tags


@pytest.mark.req("RO-2")
def test_the_subject_counts() -> None:
    found = classify(contact("见附件", subject=Personal("包裹破损")), rules())
    assert found.tags[0] == "damage"


@pytest.mark.req("RO-2")
def test_our_own_side_of_a_call_does_not_count() -> None:
    call = "坐席：您好，请问是破损还是丢件？\n客户：我就问几点能送\n客服0075号：理解您要投诉的心情\nAgent: was it lost?"
    found = classify(contact(call), rules())
    assert (found.kind, found.tags) == (QUERY, ("where_is",))
    letter = classify(contact("客服你好：我的包裹破损了"), rules())
    assert letter.tags[0] == "damage"


@pytest.mark.req("RO-2")
def test_digits_inside_a_tracking_number_are_no_hotline() -> None:
    assert classify(contact("SF9123151234599到哪了"), rules()).priority == 3
    assert classify(contact("再不送我打12315了"), rules()).priority == 1


@pytest.mark.req("RO-2")
def test_thanks_at_the_end_of_a_long_message_are_no_praise() -> None:
    long = "补充说明一下这个单子的情况，寄的时候是周五下午，外面套了两层袋子，别的没有了，谢谢"
    assert "praise" not in classify(contact(long), rules()).tags
    assert classify(contact("谢谢"), rules()).tags == ("praise",)


@pytest.mark.req("RO-2")
def test_quoted_lines_of_a_mail_do_not_count() -> None:
    found = classify(contact("Thanks a lot\n> your parcel was lost, we regret"), rules())
    assert found.tags == ("praise",)


def _classified(text: str) -> Classification:
    return classify(contact(text), rules())


@pytest.mark.req("RO-2")
def test_a_further_contact_only_raises_a_case() -> None:
    question, claim = _classified("我的快递到哪了"), _classified("包裹丢了，要求赔偿")
    raised = merged(question, claim, 0.5)
    assert raised.kind is CLAIM
    assert raised.priority == claim.priority
    assert set(raised.tags) == {"loss", "compensation", "where_is"}
    assert merged(raised, question, 0.5) == raised
    assert merged(raised, _classified("你好"), 0.5) == raised
    assert merged(_classified("你好"), claim, 0.5) == claim


@pytest.mark.req("RO-4")
@pytest.mark.parametrize(
    ("text", "tier", "group"),
    [
        ("包裹丢了，要求赔偿", "standard", "claims"),
        ("快递员态度恶劣", "standard", "complaints"),
        ("申请退货", "standard", "after_sales"),
        ("快递到哪了", "standard", "tracing"),
        ("怎么开发票", "standard", "general"),
        ("你好", "standard", "triage"),
        ("快递到哪了", "vip", "vip"),
    ],
)
def test_the_group_follows_from_the_table(text: str, tier: str, group: str) -> None:
    assert group_of(_classified(text), tier, rules()) == group


@pytest.mark.req("RO-2")
def test_catch_alls_are_counted() -> None:
    before = rules().catch_alls().get("kind", 0)
    classify(contact("嗯嗯"), rules())
    assert rules().catch_alls()["kind"] == before + 1
    registry = CollectorRegistry()
    registry.register(CatchAlls(rules()))
    assert registry.get_sample_value("routing_rule_catch_all_total", {"table": "kind"}) == before + 1
    assert registry.get_sample_value("routing_rule_catch_all_total", {"table": "legal_answer"}) == 0


UTTERANCES = Path("../shared/data/messages/bitext_8k_en.csv")
EXPECTED = {
    "track_order": {"where_is"},
    "delivery_period": {"where_is", "delay"},
    "change_shipping_address": {"address_change"},
    "set_up_shipping_address": {"address_change"},
    "get_invoice": {"invoice"},
    "check_invoice": {"invoice"},
    "cancel_order": {"return_exchange"},
    "get_refund": {"return_exchange", "compensation"},
    "check_refund_policy": {"return_exchange", "compensation"},
    "payment_issue": {"fee_dispute"},
}


@pytest.mark.req("RO-2")
@pytest.mark.skipif(not UTTERANCES.exists(), reason="the public utterances are not at hand")
def test_public_utterances_are_mostly_understood() -> None:
    with UTTERANCES.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["intent"] in EXPECTED]
    right = sum(_classified(row["utterance"]).tags[0] in EXPECTED[row["intent"]] for row in rows)
    assert right / len(rows) > 0.9


def missed(text: str) -> Classification:
    call = Call(call_id="c-1", rings=7, wait_seconds=35, talk_seconds=0, answered=False)
    return classify(contact(text, channel=Channel.PHONE, call=call), rules())


@pytest.mark.req("IN-1", "RO-2")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_call_that_nobody_took_is_to_be_called_back_whatever_intake_words_say(language: str) -> None:
    ours = call_rules().missed.fill(language, 7, 35)
    found = missed(ours)
    assert (found.kind, found.tags, found.priority, found.words) == (QUERY, ("call_back",), 2, ())
    assert (found.sentiment, found.language, found.rule) == (None, language, "call-back/strong")
    assert group_of(found, "standard", rules()) == "general"


@pytest.mark.req("IN-1", "RO-2")
def test_what_was_left_on_the_tape_leads_and_the_caller_is_called_back_all_the_same() -> None:
    found = missed("未接来电，请回电。振铃 7 次，等待 35 秒。\n箱子破损，里面的碗都碎了")
    assert (found.kind, found.tags) == (COMPLAINT, ("damage", "call_back"))
    taken = Call(call_id="c-1", rings=1, wait_seconds=5, talk_seconds=60, answered=True)
    assert "call_back" not in classify(contact("快递到哪了", channel=Channel.PHONE, call=taken), rules()).tags

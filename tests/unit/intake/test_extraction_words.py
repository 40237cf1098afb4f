"""Goods type, exception node and wished solution in text; refusals, offers and suppositions are none (IN-7)."""

from pathlib import Path

import pytest

from services.intake.extraction.alternation import alternation
from services.intake.extraction.vocabulary import vocabulary
from services.intake.lined_yaml import RuleFileError
from shared.contracts.interactions import FindingKind, Solution
from shared.contracts.parcels import Node
from tests.unit.intake.given import values

pytestmark = pytest.mark.req("IN-7")


@pytest.mark.parametrize(
    ("text", "goods"),
    [
        ("寄的手机屏幕碎了", ["electronics"]),
        ("my laptop arrived broken", ["electronics"]),
        ("冰箱外壳凹了", ["appliances"]),
        ("the fridge is dented", ["appliances"]),
        ("鞋子少了一只", ["clothing"]),
        ("only one shoe in the box", ["clothing"]),
        ("大闸蟹全死了", ["fresh_food"]),
        ("the seafood was rotten", ["fresh_food"]),
        ("两箱零食", ["food"]),
        ("一瓶茅台碎了", ["liquor"]),
        ("two bottles of wine leaked", ["liquor"]),
        ("口红断了", ["cosmetics"]),
        ("the perfume leaked", ["cosmetics"]),
        ("寄的合同丢了", ["documents"]),
        ("my passport is lost", ["documents"]),
        ("沙发腿断了", ["furniture"]),
        ("the wardrobe has a scratch", ["furniture"]),
        ("项链不见了", ["jewellery"]),
        ("my necklace is missing", ["jewellery"]),
        ("药品过期了", ["medicine"]),
        ("the insulin got warm", ["medicine"]),
        ("教材全湿了", ["books"]),
        ("玩具缺零件", ["baby"]),
        ("茶具碎了两个", ["household"]),
        ("自行车架弯了", ["sports"]),
        ("轮胎送错了", ["car_parts"]),
        ("猫粮破袋", ["pet_supplies"]),
        ("吉他琴颈断了", ["instruments"]),
        ("手机和红酒都没到", ["electronics", "liquor"]),
        ("请保持手机畅通", []),
        ("我的手机号换了", []),
        ("打电话没人接", []),
        ("别让我背锅", []),
        ("my phone number is wrong", []),
        ("the headphonestand", []),
        ("the microphonestand", []),
    ],
)
def test_goods(text: str, goods: list[str]) -> None:
    assert values(text, FindingKind.GOODS_TYPE) == goods


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("下单一周了还没发货", Node.ORDERED),
        ("一直不发货", Node.ORDERED),
        ("仓库一直没出库", Node.ORDERED),
        ("it has not been shipped yet", Node.ORDERED),
        ("约了快递一直没人来取件", Node.PICKED_UP),
        ("揽收超时", Node.PICKED_UP),
        ("nobody came to collect the parcel", Node.PICKED_UP),
        ("揽收网点滞留三天", Node.OUTLET_OUT),
        ("still sitting at the origin depot", Node.OUTLET_OUT),
        ("卡在中转站不动", Node.HUB_IN),
        ("分拨中心好几天没更新", Node.HUB_IN),
        ("stuck at the sorting facility", Node.HUB_IN),
        ("说是分拣错误", Node.SORTED),
        ("发错城市了", Node.SORTED),
        ("it was sent to the wrong city", Node.SORTED),
        ("在运输途中丢了", Node.LINEHAUL_OUT),
        ("包裹卡在路上五天", Node.LINEHAUL_OUT),
        ("my parcel was lost in transit", Node.LINEHAUL_OUT),
        ("卸车时摔坏", Node.LINEHAUL_IN),
        ("damaged while unloading", Node.LINEHAUL_IN),
        ("包裹被海关扣了", Node.CUSTOMS),
        ("清关十天了没过", Node.CUSTOMS),
        ("held at customs for a week", Node.CUSTOMS),
        ("到站点三天没动", Node.DESTINATION_IN),
        ("还在网点，站点爆仓", Node.DESTINATION_IN),
        ("sitting at the local depot", Node.DESTINATION_IN),
        ("到现在还没送到", Node.OUT_FOR_DELIVERY),
        ("为什么还不派送", Node.OUT_FOR_DELIVERY),
        ("快递员电话打不通", Node.OUT_FOR_DELIVERY),
        ("my card has not been delivered", Node.OUT_FOR_DELIVERY),
        ("delivery failed twice", Node.OUT_FOR_DELIVERY),
        ("没打电话就放驿站了", Node.HELD),
        ("快递柜打不开", Node.HELD),
        ("they left it in a locker without telling me", Node.HELD),
        ("显示已签收，可我没收到", Node.SIGNED),
        ("怎么就签收了", Node.SIGNED),
        ("tracking says delivered but I have not received it", Node.SIGNED),
        ("signed for by someone else", Node.SIGNED),
    ],
)
def test_nodes(text: str, node: Node) -> None:
    assert values(text, FindingKind.EXCEPTION_NODE)[:1] == [node.value]


@pytest.mark.parametrize(
    "text",
    [
        "什么时候发货",
        "能不能送货上门",
        "会不会送到",
        "有没有派送",
        "已签收，谢谢",
        "明天能派送吗",
        "如果没送到怎么办",
        "怕送不到",
        "没送货之前可以改吗",
        "还没有配送信息",
        "没发票",
        "我没在家，请放驿站",
        "家里没人签收",
        "海关税多少",
        "when will it be delivered?",
        "what are the delivery options?",
        "if it is not delivered",
        "is it in transit?",
    ],
)
def test_no_node(text: str) -> None:
    assert values(text, FindingKind.EXCEPTION_NODE) == []


@pytest.mark.parametrize(
    ("text", "solution"),
    [
        ("我要退款", Solution.REFUND),
        ("把钱退给我", Solution.REFUND),
        ("I want my money back", Solution.REFUND),
        ("怎么退货", Solution.RETURN),
        ("I'd like to send it back", Solution.RETURN),
        ("能换一个新的吗", Solution.EXCHANGE),
        ("I want a replacement", Solution.EXCHANGE),
        ("申请维修", Solution.REPAIR),
        ("can it be repaired", Solution.REPAIR),
        ("少的那件请补发", Solution.RESHIP),
        ("please resend the missing item", Solution.RESHIP),
        ("请重新派送", Solution.REDELIVERY),
        ("please redeliver tomorrow", Solution.REDELIVERY),
        ("帮我催一下", Solution.EXPEDITE),
        ("please expedite my parcel", Solution.EXPEDITE),
        ("地址写错了，帮我改地址", Solution.ADDRESS_CHANGE),
        ("I need to change my shipping address", Solution.ADDRESS_CHANGE),
        ("我想取消订单", Solution.CANCELLATION),
        ("帮我拦截这个件", Solution.CANCELLATION),
        ("i want to cancel order 00123842", Solution.CANCELLATION),
        ("要求照价赔偿", Solution.COMPENSATION),
        ("I demand compensation", Solution.COMPENSATION),
        ("降价了要补差价", Solution.PRICE_DIFFERENCE),
        ("do you price match", Solution.PRICE_DIFFERENCE),
        ("给我开发票", Solution.INVOICE),
        ("I need the invoice", Solution.INVOICE),
        ("必须给我道歉", Solution.APOLOGY),
        ("I want an apology", Solution.APOLOGY),
    ],
)
def test_solutions(text: str, solution: Solution) -> None:
    assert values(text, FindingKind.WISHED_SOLUTION)[:1] == [solution.value]


@pytest.mark.parametrize(
    "text",
    [
        "我不想退货了",
        "不退货了",
        "不用赔偿",
        "帮我把退款取消吧",
        "取消退款",
        "建议您申请退款",
        "亲，给您办理换货",
        "客服：可以退货",
        "可通过“我的”-“退换/售后”申请",
        "换了电话",
        "修改密码",
        "催化剂",
        "I don't want a refund",
        "no refund",
        "what is your return policy",
        "can you return my call",
        "my address is below",
        "is there a cancellation fee",
        "we can refund you",
    ],
)
def test_no_wish(text: str) -> None:
    assert values(text, FindingKind.WISHED_SOLUTION) == []


def test_the_customer_accepts_in_own_words_what_the_desk_offers() -> None:
    assert values("您好,麻烦您帮我退款", FindingKind.WISHED_SOLUTION) == ["refund"]


def test_every_node_and_solution_has_words_in_both_languages() -> None:
    known = vocabulary()
    meant = {
        (meaning.kind, meaning.value, word.isascii())
        for word, meanings in known.meanings.items()
        for meaning in meanings
    }
    for kind, codes in ((FindingKind.EXCEPTION_NODE, Node), (FindingKind.WISHED_SOLUTION, Solution)):
        for code in codes:
            for english in (True, False):
                assert (kind, code.value, english) in meant, f"{code} has no words, English: {english}"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  refund:", "  refunds:", "wished_solutions.refunds"),
        ('unless: "转运珠"', 'unless: "转运("', "not a regular expression"),
        ("  signed:", "  sinned:", "exception_nodes.sinned"),
        ("en: [invoice,", "en: [Invoice,", "wished_solutions.invoice.1.en.0"),
        ("  clothing:", "  Clothing:", "goods_types.Clothing"),
        ("zh: [猫粮,", "zh: ['',", "goods_types.pet_supplies.0.zh.0"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    from services.intake.gateways import RULES

    files = {name: RULES / name for name in ("vocabulary.yaml", "goods.yaml")}
    name = next(name for name, file in files.items() if old in file.read_text("utf-8"))
    wrong = tmp_path / name
    wrong.write_text(files[name].read_text("utf-8").replace(old, new, 1), "utf-8")
    line = next(n for n, text in enumerate(wrong.read_text("utf-8").splitlines(), 1) if new in text)
    with pytest.raises(RuleFileError, match=rf"{name}:{line}: .*{says}"):
        vocabulary(*({**files, name: wrong}.values()))


def test_alternation_takes_the_longest_word() -> None:
    import re

    words = ["退", "退款", "退货款", "a.b"]
    pattern = re.compile(alternation(words))
    assert [m[0] for m in pattern.finditer("退货款退款退x a.b axb")] == ["退货款", "退款", "退", "a.b"]
    assert re.compile(alternation([])).search("anything") is None

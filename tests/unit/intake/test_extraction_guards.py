"""What must stand around a word for it to count in Chinese: heads of compounds, requests, taken back (IN-7)."""

import pytest

from shared.contracts.interactions import FindingKind
from tests.unit.intake.given import values

pytestmark = pytest.mark.req("IN-7")


@pytest.mark.parametrize(
    ("text", "goods"),
    [
        ("电视音响坏了一边", ["electronics"]),
        ("车载吸尘器没吸力", ["appliances"]),
        ("咖啡杯裂了", ["household"]),
        ("那箱啤酒和饼干都没到", ["liquor", "food"]),
        ("儿童手表开不了机", ["electronics"]),
        ("外面包装都压扁了", []),
        ("我的包装盒丢了还能寄回吗", []),
        ("好几人参加了拼单", []),
        ("蟹蟹啦", []),
        ("我买的手机黑屏", ["electronics"]),
        ("小米手机到了没", ["electronics"]),
        ("手机和红酒都没到", ["electronics", "liquor"]),
        ("我手机一直在身边", []),
        ("在电脑怎么申请", []),
        ("微信绑定的手机收不到验证码", []),
        ("惠灵顿时尚手表DW女表39mm银色边皮带", ["jewellery"]),
        ("手表 皮带 都没到", ["jewellery", "clothing"]),
        ("海尔冰箱旗舰店的客服", []),
        ("坚果的客服说的", []),
        ("送我点贴纸可以吗", []),
        ("送我的耳机没收到", ["electronics"]),
        ("没有打印机打不了", []),
        ("不能连接手机", []),
        ("例如购买年货", []),
        ("见 /documents/html/1.jpg", []),
        ("走时总是慢，是电池不行吗", []),
        ("今天买的电池没到", ["electronics"]),
        ("退款包括运费吗", []),
    ],
)
def test_goods_are_the_head_of_what_was_bought(text: str, goods: list[str]) -> None:
    assert values(text, FindingKind.GOODS_TYPE) == goods


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("这双能退吗", ["return"]),
        ("两件一起退", ["return"]),
        ("我直接退帐篷可以不", ["return"]),
        ("到底给不给退", ["return"]),
        ("钱什么时候能退", ["refund"]),
        ("会退到哪张卡", ["refund"]),
        ("还没给我退", ["refund"]),
        ("退货款到账没有", ["refund"]),
        ("买大了怎么换", ["exchange"]),
        ("想换成黑色", ["exchange"]),
        ("换的货几号到", ["exchange"]),
        ("需要退换货", ["return"]),
        ("这款可以退货么", ["return"]),
        ("少了的螺帽能补给我吗", ["reship"]),
        ("可以提前送吗", ["expedite"]),
        ("麻烦尽快派送", ["expedite"]),
        ("收货地址不对", ["address_change"]),
        ("能不能换个地方送", ["address_change"]),
        ("发票什么时候开", ["invoice"]),
        ("坏了该怎么赔", ["compensation"]),
        ("京东不是保价吗", ["price_difference"]),
        ("为什么没有申请退款的选项", ["refund"]),
        ("您好，我要退货", ["return"]),
        ("钱什么时候到账", ["refund"]),
        ("订金有退回吗", ["refund"]),
        ("我这个退了好几天了", ["return"]),
        ("能再换一次吗", ["exchange"]),
        ("可以改成今天送到吗", ["expedite"]),
        ("能不能快点送", ["expedite"]),
        ("今天务必帮我送到", ["expedite"]),
        ("能给召回吗", ["cancellation"]),
    ],
)
def test_a_request_in_the_words_of_customers(text: str, wishes: list[str]) -> None:
    assert values(text, FindingKind.WISHED_SOLUTION) == wishes


@pytest.mark.parametrize(
    "text",
    [
        "我想换个收货人电话",
        "说换一个同事来送",
        "能换张银行卡吗",
        "发票找不到了",
        "保修卡和发票都扔了",
        "补个门牌号码",
        "保修几年",
        "能快点回答我吗",
        "能快点吗",
        "快点给我电话",
        "帮我催一下审批",
        "催一下上门取件",
        "保修是多久",
        "我这双鞋的发票没有，有影响吗",
        "自提比送货快一点",
        "提前打电话告诉我",
        "可以修改吗",
        "退休金发了",
        "退货无忧是什么",
    ],
)
def test_other_things_are_changed_hurried_or_lost(text: str) -> None:
    assert not {"exchange", "invoice", "reship", "repair", "expedite", "return"} & set(
        values(text, FindingKind.WISHED_SOLUTION)
    )


@pytest.mark.parametrize(
    "text",
    [
        "申请了退货，又不想退了",
        "退款能撤销吗",
        "怎么取消售后",
        "还是不退货了",
        "我就不退不换了",
        "不换货了，用着吧",
        "退货来不及了",
        "不需要开发票",
        "我申请退款，然后我现在又想要了",
        "刚才不小心申请了退款",
        "申请了退货，现在收到了，个人取消申请",
        "我取消的订单还能继续发吗",
        "系统自动变成退款了",
    ],
)
def test_a_wish_that_is_taken_back_is_none(text: str) -> None:
    assert values(text, FindingKind.WISHED_SOLUTION) == []


@pytest.mark.parametrize(
    ("text", "cancels"),
    [
        ("帮我把那单取消", True),
        ("，取消订单", True),
        ("怎么取消不了", True),
        ("考虑取消重拍", True),
        ("订单为什么还没取消", True),
        ("卖家擅自取消了", False),
        ("怎么显示已取消", False),
        ("你们取消了晚上送货吗", False),
        ("降价活动又取消了", False),
        ("预约取件能取消吗", False),
        ("我没有取消过", False),
    ],
)
def test_who_cancels_what(text: str, cancels: bool) -> None:
    assert ("cancellation" in values(text, FindingKind.WISHED_SOLUTION)) is cancels


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("没收到货，怎么显示完成", ["signed"]),
        ("显示已送达但我没拿到", ["signed"]),
        ("怎么就签收了", ["signed"]),
        ("怎么确认收货", []),
        ("小哥电话没人接", ["out_for_delivery"]),
        ("他电话一直打不通", ["out_for_delivery"]),
        ("配送员没联系过我", ["out_for_delivery"]),
        ("到现在没送过来", ["out_for_delivery"]),
        ("快递员不给验货", []),
        ("今天配不配送", []),
        ("送不到我就取消", []),
        ("还没有送货员信息", []),
        ("直接扔在门卫那里", ["held"]),
        ("取件怎么没派人", ["picked_up"]),
        ("师傅没法来取货", ["picked_up"]),
        ("怎么发到北京", []),
        ("我在上海怎么会发到北京", ["sorted"]),
        ("明天能不能发货", []),
        ("包裹还在站点吗", []),
        ("包裹一直在站点", ["destination_in"]),
        ("联系不上配送员", ["out_for_delivery"]),
        ("我打配送站电话无人接听", ["out_for_delivery"]),
        ("没分配派送员", ["out_for_delivery"]),
        ("已经退款了咋还给我派送", ["out_for_delivery"]),
        ("显示送错城市了", ["sorted"]),
        ("怎么显示发往南宁分拨中心", ["sorted"]),
        ("到了配送点就没有了", ["destination_in"]),
        ("我没收到货。但是订单显示已完成", ["signed"]),
        ("还没收货，显示已完成", ["signed"]),
        ("怎么今天还是显示的等待取货", ["picked_up"]),
        ("没有发货的给我取消", []),
        ("估计还没发货吧", []),
        ("送不到我能换个地址么", []),
        ("配送失败会怎么样", []),
        ("是在路上还是在分拨中心", []),
    ],
)
def test_trouble_and_questions_about_it(text: str, nodes: list[str]) -> None:
    assert values(text, FindingKind.EXCEPTION_NODE) == nodes

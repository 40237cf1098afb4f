"""Trouble at a node told in its many forms, tools and titles, wishes that turn into others, short English (IN-7)."""

import pytest

from shared.contracts.interactions import FindingKind
from tests.unit.intake.given import values

pytestmark = pytest.mark.req("IN-7")


@pytest.mark.parametrize(
    ("node", "texts"),
    [
        (
            "ordered",
            "怎么还在仓库 一直待发货 依旧是采购中 昨天到现在还在出库 还没寄出 发货太慢了 下不了单 一直没给我发过来",
        ),
        ("picked_up", "预约取件没来 说来取没来 取件一直没来 没人上门 为啥还一直显示取件中 到现在没人取"),
        (
            "sorted",
            "怎么跑到大兴去了 应该到烟台，又到威海了 但是分拣到武清去了 送到别的城市了 怎么又回到北京了 越走越远",
        ),
        ("linehaul_out", "都五天了还在运输 一直在路上 运输中好几天了 路上耽搁了"),
        ("customs", "一直在清关 海关要资料"),
        (
            "out_for_delivery",
            "到现在还在派送中 快递没来 约好的今天没送 送货员让自己去拿 没人送了 一直没接到电话 送货太晚了",
        ),
        ("held", "说是送到物业了，但我没找到 放在蜂巢没给我发取货码 快递柜的码不对 放保安那里没通知我"),
        ("signed", "但是后台显示完成 变成评价了 不小心点了确认收货 谁签收的 被冒领了 只收到一个怎么显示签收了"),
    ],
)
def test_a_node_has_many_forms(node: str, texts: str) -> None:
    assert {text: values(text, FindingKind.EXCEPTION_NODE) for text in texts.split()} == {
        text: [node] for text in texts.split()
    }


@pytest.mark.parametrize(
    "text",
    [
        "现在还在仓库吗",
        "没人审核，显示签收",
        "是不是快递暂停服务了",
        "客服电话打不通",
        "之前留的电话打不通的",
        "能不能今天配送",
        "怎么到站点去",
        "能推迟送货时间吗",
        "还没收到",
        "退款已完成，没有收到",
        "明天能送达嘛，但是没有物流信息",
        "we want it delivered on monday",
    ],
)
def test_what_names_no_node(text: str) -> None:
    assert values(text, FindingKind.EXCEPTION_NODE) == []


@pytest.mark.parametrize(
    ("text", "goods"),
    [
        ("厂家电话告诉我的", []),
        ("运动蓝牙线控耳机", ["electronics"]),
        ("单据丢了怎么办", []),
        ("刚送货的按门铃", []),
        ("把我家菜刀弄坏了", []),
        ("还有同款手机么", []),
        ("买的家电没到", ["appliances"]),
        ("家电频道", []),
        ("手表卡死了", ["electronics"]),
        ("手表没收到", ["jewellery"]),
        ("这个酒没到", ["liquor"]),
        ("这个酒店", []),
        ("我花不要了", ["fresh_food"]),
        ("我花了很多钱", []),
        ("我这个书没到", ["books"]),
        ("这个书包", ["clothing"]),
        ("driver didn't ring the bell", []),
        ("not working on my phone", []),
    ],
)
def test_goods_and_what_only_sounds_like_them(text: str, goods: list[str]) -> None:
    assert values(text, FindingKind.GOODS_TYPE) == goods


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("说退货。今天店家说补发缺的东西，这样的话能不能取消退货", ["reship"]),
        ("退货现在修改换货", ["exchange"]),
        ("可以把换货改成退货吗", ["return"]),
        ("想换货，怎么弄成退货了", ["exchange"]),
        ("为什么显示退货", []),
        ("保修两年服务费怎么退", ["refund"]),
        ("配送地点能换吗", ["address_change"]),
        ("取件地址填错了", []),
        ("能不能阻止拦截", []),
        ("把刚才的订单撤销", ["cancellation"]),
        ("价格保护怎么还没退款", ["price_difference"]),
        ("退款审核催一下", ["refund"]),
        ("今天必须拿到", ["expedite"]),
        ("备注一下优先派送", ["expedite"]),
        ("能改下鞋子的码数吗", ["exchange"]),
        ("price dropped yesterday", ["price_difference"]),
        ("please send the missing parts", ["reship"]),
    ],
)
def test_a_wish_and_what_became_of_it(text: str, wishes: list[str]) -> None:
    assert values(text, FindingKind.WISHED_SOLUTION) == wishes


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("u havent shipped it yet", "ordered"),
        ("still processing after a week", "ordered"),
        ("collection was today, nobody came", "picked_up"),
        ("still at the hub", "hub_in"),
        ("courier isnt answering", "out_for_delivery"),
        ("they left it outside", "held"),
        ("signed for but not by me", "signed"),
    ],
)
def test_short_english(text: str, node: str) -> None:
    assert values(text, FindingKind.EXCEPTION_NODE) == [node]

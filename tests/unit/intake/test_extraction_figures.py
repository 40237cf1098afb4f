"""Amounts, dates, phones and addresses in text, with their places; and what only looks like one (IN-7)."""

from datetime import UTC, datetime

import pytest

from services.intake.extraction import Mark, find
from shared.contracts.interactions import FindingKind
from tests.unit.intake.given import NOW

pytestmark = pytest.mark.req("IN-7")


def found(text: str, kind: FindingKind, now: datetime = NOW) -> list[Mark]:
    return [mark for mark in find(text, now) if mark.kind is kind]


@pytest.mark.parametrize(
    ("text", "place", "fen", "currency"),
    [
        ("运费¥12.5太贵", "¥12.5", 1250, "CNY"),
        ("运费￥ 1,299.00", "￥ 1,299.00", 129900, "CNY"),
        ("一共12块5", "12块5", 1250, "CNY"),
        ("一共12块5毛吧", "12块5毛", 1250, "CNY"),
        ("邮费12块钱", "12块钱", 1200, "CNY"),
        ("赔我100块吧", "100块", 10000, "CNY"),
        ("100块退给我", "100块", 10000, "CNY"),
        ("货值一百二十元", "一百二十元", 12000, "CNY"),
        ("手机一千二百五十元整", "一千二百五十元", 125000, "CNY"),
        ("我要求赔两千三", "两千三", 230000, "CNY"),
        ("三万五千元的表", "三万五千元", 3500000, "CNY"),
        ("一万二买的", "一万二", 1200000, "CNY"),
        ("赔我3k", "3k", 300000, "CNY"),
        ("3k", "3k", 300000, "CNY"),
        ("损失2万元", "2万元", 2000000, "CNY"),
        ("花了1.5万", "1.5万", 1500000, "CNY"),
        ("RMB 200", "RMB 200", 20000, "CNY"),
        ("人民币200元", "人民币200元", 20000, "CNY"),
        ("退款：50", "50", 5000, "CNY"),
        ("金额:199.90,收到", "199.90", 19990, "CNY"),
        ("两块五的运费", "两块五", 250, "CNY"),
        ("一块钱", "一块钱", 100, "CNY"),
        ("五毛钱也退", "五毛钱", 50, "CNY"),
        ("I paid $15.99 for it", "$15.99", 1599, "USD"),
        ("the refund is 1499 dollars", "1499 dollars", 149900, "USD"),
        ("worth 200 yuan", "200 yuan", 20000, "CNY"),
        ("HK$300到付", "HK$300", 30000, "HKD"),
        ("80美元的运费", "80美元", 8000, "USD"),
        ("it cost €20", "€20", 2000, "EUR"),
        ("20-30元之间", "30元", 3000, "CNY"),
    ],
)
def test_amounts(text: str, place: str, fen: int, currency: str) -> None:
    marks = found(text, FindingKind.AMOUNT)
    assert [(text[m.start : m.end], int(m.value), m.currency) for m in marks] == [(place, fen, currency)]


@pytest.mark.parametrize(
    "text",
    [
        "打12306没人接",
        "三天没动了",
        "一直没到",
        "等了3天",
        "一块给我发了吧",
        "我买了一块手表",
        "两块电池",
        "3块肥皂",
        "我一块下的单",
        "42号鞋，换41.5",
        "4k电视和8k屏",
        "5000万像素",
        "iPhone 15 Pro 256G",
        "型号XR-3000w",
        "2027元旦前能到吗",
        "3单元502室",
        "第二百三十一条",
        "两千三百人",
        "退款3天了还没到",
        "退款 5 次都没成功",
        "order 200",
        "尺寸12.5x30",
        "订单号：20261101-7788",
        "SF1234567890123",
        "8:30到的",
    ],
)
def test_no_amounts(text: str) -> None:
    assert found(text, FindingKind.AMOUNT) == []


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("前天下的单", "前天", "2026-11-18"),
        ("大前天", "大前天", "2026-11-17"),
        ("昨晚签收", "昨晚", "2026-11-19"),
        ("昨天下午3点取的", "昨天下午3点", "2026-11-19T15:00+08:00"),
        ("昨天下午三点半", "昨天下午三点半", "2026-11-19T15:30+08:00"),
        ("明天早上十点前送到", "明天早上十点", "2026-11-21T10:00+08:00"),
        ("今晚8点", "今晚8点", "2026-11-20T20:00+08:00"),
        ("今天 15:30 收到", "今天 15:30", "2026-11-20T15:30+08:00"),
        ("今天中午12点", "今天中午12点", "2026-11-20T12:00+08:00"),
        ("明天晚上12点", "明天晚上12点", "2026-11-22T00:00+08:00"),
        ("明天早一点送", "明天早", "2026-11-21"),
        ("后天到吗", "后天", "2026-11-22"),
        ("上周三寄的", "上周三", "2026-11-11"),
        ("上个星期天", "上个星期天", "2026-11-15"),
        ("周三下午再送", "周三下午", "2026-11-18"),
        ("下周一上午", "下周一上午", "2026-11-23"),
        ("上周买的", "上周", "2026-W46"),
        ("上个月买的", "上个月", "2026-10"),
        ("上个月3号", "上个月3号", "2026-10-03"),
        ("11月份的订单", "11月份", "2026-11"),
        ("11月3号下单", "11月3号", "2026-11-03"),
        ("十一月三号", "十一月三号", "2026-11-03"),
        ("2月14日", "2月14日", "2027-02-14"),
        ("8月14日", "8月14日", "2026-08-14"),
        ("去年12月30日", "去年12月30日", "2025-12-30"),
        ("2026年11月3日", "2026年11月3日", "2026-11-03"),
        ("3号下的单", "3号", "2026-11-03"),
        ("二十五号到", "二十五号", "2026-11-25"),
        ("3天前寄的", "3天前", "2026-11-17"),
        ("两周前", "两周前", "2026-11-06"),
        ("一个月前", "一个月前", "2026-10"),
        ("2026-11-03", "2026-11-03", "2026-11-03"),
        ("2026/11/3 08:05:33 揽收", "2026/11/3 08:05:33", "2026-11-03T08:05+08:00"),
        ("it came last Tuesday", "last Tuesday", "2026-11-17"),
        ("next Friday please", "next Friday", "2026-11-27"),
        ("on Monday", "on Monday", "2026-11-16"),
        ("ordered Nov 3rd", "Nov 3rd", "2026-11-03"),
        ("on 3 November 2026", "3 November 2026", "2026-11-03"),
        ("May 3rd", "May 3rd", "2026-05-03"),
        ("yesterday at 3:05 pm", "yesterday at 3:05 pm", "2026-11-19T15:05+08:00"),
        ("the day before yesterday", "the day before yesterday", "2026-11-18"),
        ("two weeks ago", "two weeks ago", "2026-11-06"),
        ("last week", "last week", "2026-W46"),
        ("tomorrow morning", "tomorrow morning", "2026-11-21"),
    ],
)
def test_dates(text: str, place: str, value: str) -> None:
    assert [(text[m.start : m.end], m.value) for m in found(text, FindingKind.DATE)] == [(place, value)]


@pytest.mark.parametrize(
    "text",
    [
        "三天没更新",
        "等了3天",
        "7日内无理由退货",
        "每周三送",
        "周一至周五上班",
        "一周一次",
        "3号楼门口",
        "十号线地铁",
        "九号平衡车",
        "大一号的",
        "5号电池",
        "中山路3号",
        "尾号3号",
        "目前天气不好",
        "以后天天催",
        "提前天数",
        "六点下班",
        "3个月",
        "近3月内",
        "2026-13-40",
        "2月30号",
        "may 3 people come",
        "every day",
        "1/2",
        "11-3",
    ],
)
def test_no_dates(text: str) -> None:
    assert found(text, FindingKind.DATE) == []


def test_a_day_is_told_in_chinas_time() -> None:
    just_after_midnight = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    assert found("昨天", FindingKind.DATE, just_after_midnight)[0].value == "2026-11-20"


def test_a_day_without_a_year_is_not_far_ahead() -> None:
    january = datetime(2027, 1, 5, 8, tzinfo=UTC)
    assert found("12月30号", FindingKind.DATE, january)[0].value == "2026-12-30"


@pytest.mark.parametrize(
    ("text", "place", "number"),
    [
        ("打13800138000联系", "13800138000", "+8613800138000"),
        ("电话138 0013 8000", "138 0013 8000", "+8613800138000"),
        ("手机138-0013-8000", "138-0013-8000", "+8613800138000"),
        ("+86 138 0013 8000", "+86 138 0013 8000", "+8613800138000"),
        ("8613800138000", "8613800138000", "+8613800138000"),
        ("座机021-55556666", "021-55556666", "+862155556666"),
        ("(010) 8888 9999", "(010) 8888 9999", "+861088889999"),
        ("0755-83765566转801", "0755-83765566转801", "+8675583765566;ext=801"),
        ("+86-21-55556666 ext. 12", "+86-21-55556666 ext. 12", "+862155556666;ext=12"),
        ("电话是02155556666", "02155556666", "+862155556666"),
        ("客服400-820-8820", "400-820-8820", "+864008208820"),
        ("call +44 20 7946 0958", "+44 20 7946 0958", "+442079460958"),
        ("call me at (415) 555-2671", "(415) 555-2671", "+14155552671"),
    ],
)
def test_phones(text: str, place: str, number: str) -> None:
    assert [(text[m.start : m.end], m.value) for m in found(text, FindingKind.PHONE)] == [(place, number)]


@pytest.mark.parametrize(
    "text",
    [
        "打12306没人接",
        "单号75312345678901",
        "SF1234567890123",
        "订单号13800138000",
        "order no. 13800138000",
        "item.jd.com/14569607426.html",
        "11000.50元",
        "2026-11-03 15:20",
        "20261101-7788",
        "编号 012345678901",
        "138****8000",
        "身份证110101199003071234",
        "+86",
        "0755",
    ],
)
def test_no_phones(text: str) -> None:
    assert found(text, FindingKind.PHONE) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("寄到浙江省杭州市西湖区文三路90号东部软件园1幢302室，谢谢", "浙江省杭州市西湖区文三路90号东部软件园1幢302室"),
        ("地址：北京市朝阳区建国路88号院3号楼2单元501", "北京市朝阳区建国路88号院3号楼2单元501"),
        ("送到上海市浦东新区张江镇碧波路690号8号楼", "上海市浦东新区张江镇碧波路690号8号楼"),
        ("我在广东深圳南山区科技园8栋", "广东深圳南山区科技园8栋"),
        ("江苏省苏州市吴中区木渎镇金枫路216号", "江苏省苏州市吴中区木渎镇金枫路216号"),
        ("四川省成都市双流区白家镇近都村三组", "四川省成都市双流区白家镇近都村三组"),
        ("麻烦改成中山路100号", "中山路100号"),
        ("地址改成共和新路1898号3栋麻烦了", "共和新路1898号3栋"),
        ("I live at 12 Baker Street, London", "12 Baker Street, London"),
        ("ship it to 1600 Pennsylvania Ave NW", "1600 Pennsylvania Ave"),
        ("742 Evergreen Terrace, Springfield, OR 97403", "742 Evergreen Terrace, Springfield, OR 97403"),
    ],
)
def test_addresses(text: str, place: str) -> None:
    marks = found(text, FindingKind.ADDRESS)
    assert [text[m.start : m.end] for m in marks] == [place]
    assert [mark.kind for mark in find(text, NOW) if mark.kind is not FindingKind.ADDRESS] in (
        [],
        [FindingKind.WISHED_SOLUTION],
    )


@pytest.mark.parametrize(
    "text",
    [
        "上海到了吗",
        "从杭州发出",
        "您的订单已到达北京朝阳区酒仙桥站",
        "江苏省苏州市",
        "在路上3天了",
        "我知道的",
        "这条街",
        "北京大学的快递",
        "I waited 3 days on the road",
        "the 2 items are on their way",
    ],
)
def test_no_addresses(text: str) -> None:
    assert found(text, FindingKind.ADDRESS) == []


def test_numbers_of_every_kind_beside_each_other() -> None:
    text = "11月3号的订单20261101-7788，快递SF1234567890123，花了¥99，昨天打021-55556666没人接"
    assert [(m.kind.value, text[m.start : m.end]) for m in find(text, NOW)] == [
        ("date", "11月3号"),
        ("order_number", "20261101-7788"),
        ("tracking_number", "SF1234567890123"),
        ("amount", "¥99"),
        ("date", "昨天"),
        ("phone", "021-55556666"),
    ]


def test_a_value_that_is_said_twice_is_found_once() -> None:
    text = "¥99，就是99元，电话13800138000，再说一遍13800138000"
    assert [mark.value for mark in find(text, NOW)] == ["9900", "+8613800138000"]

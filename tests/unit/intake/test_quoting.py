"""What a person wrote, without the mail that it answers and the signature, for the mail programs of both languages."""

import pytest

from services.intake.adapters.quoting import is_forward, written
from services.intake.adapters.rfc5322.calendars import text_of_calendar
from services.intake.adapters.rfc5322.html_text import text_of_html

pytestmark = pytest.mark.req("IN-1")

OWN = "还是没有收到"
QUOTATIONS = {
    "gmail": "On Fri, Nov 20, 2026 at 3:00 PM Care <care@parcelcare.example> wrote:\n> Dear customer",
    "gmail, broken line": "On Fri, Nov 20, 2026 at 3:00 PM Parcel Care\n<care@parcelcare.example> wrote:\n> Dear",
    "gmail zh-CN": "客服 <care@parcelcare.example> 于2026年11月20日周五 15:00写道：\n您好",
    "gmail zh-TW": "客服 <care@parcelcare.example> 於 2026年11月20日 週五 下午3:00 寫道：\n\n> 您好",
    "gmail web zh": "在 2026年11月20日 15:00，客服 <care@parcelcare.example> 写道：\n> 您好",
    "apple": "> On Nov 20, 2026, at 3:00 PM, Care <care@parcelcare.example> wrote:\n> \n> Dear customer",
    "apple zh": "> 在 2026年11月20日，15:00，客服 <care@parcelcare.example> 写道：\n> \n> 您好",
    "ios zh": "发自我的iPhone\n\n> 在 2026年11月20日，下午3:00，客服 <care@parcelcare.example> 写道：\n> 您好",
    "thunderbird": "Am 20.11.26 um 15:00 schrieb Care:\n> Guten Tag".replace(
        "Am 20.11.26 um 15:00 schrieb Care:\n", ""
    ),
    "yahoo": "On Friday, November 20, 2026 at 03:00:00 PM GMT+8, Care <care@parcelcare.example> wrote:\n\nDear",
    "qq": '------------------ 原始邮件 ------------------\n发件人: "客服"<care@x.example>;\n发送时间: 今天\n您好',
    "qq nbsp": '------------------\xa0原始邮件\xa0------------------\n发件人:\xa0"客服"\n您好',
    "qq en": "------------------ Original ------------------\nFrom: Care\nDate: Fri\nDear",
    "163": 'At 2026-11-20 15:00:00, "客服" <care@parcelcare.example> wrote:\n>您好',
    "163 zh": '在 2026-11-20 15:00:00，"客服" <care@parcelcare.example> 写道：\n您好',
    "163 app": "---- 回复的原邮件 ----\n| 发件人 | 客服<care@parcelcare.example> |\n| 日期 | 2026年11月20日 |\n您好",
    "163 app en": "---- Replied Message ----\n| From | Care |\n| Date | 11/20/2026 |\nDear",
    "outlook": "-----Original Message-----\nFrom: Care\nSent: Friday\nDear customer",
    "outlook zh": "-----邮件原件-----\n发件人: 客服\n发送时间: 2026年11月20日\n您好",
    "outlook heads": "From: Care <care@parcelcare.example>\nSent: Friday, November 20, 2026\nTo: Li\nDear",
    "outlook heads zh": "发件人： 客服\n发送时间： 2026年11月20日\n您好",
    "outlook web": "________________________________\n发件人: 客服\n您好",
    "outlook bold": "*发件人:* 客服\n*发送时间:* 2026年11月20日\n您好",
    "foxmail": "发件人： 客服\n收件人： 李\n主题： 您的包裹\n您好",
    "aliyun": "----------------------------------------------------------\n发件人：客服\n发送时间：2026年\n您好",
    "sina": "----- 原始邮件 -----\n发件人：客服\n您好",
    "marks only": "> 您好\n> 我们已经受理",
    "signature": "-- \nLi Lei\n+86 138",
    "ios signature": "发自我的iPhone",
    "huawei signature": "发自我的华为手机",
    "163 signature": "签名由 网易邮箱大师 定制",
    "outlook signature": "获取 Outlook for iOS",
    "english signature": "Sent from my iPad",
}


@pytest.mark.parametrize("quotation", QUOTATIONS.values(), ids=QUOTATIONS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_is_quoted_is_left_out(quotation: str, line_end: str) -> None:
    assert written(f"{OWN}\n\n{quotation}".replace("\n", line_end)) == OWN


def test_answers_between_and_under_the_quotation_are_the_customers() -> None:
    quoted = "On Fri, Nov 20, 2026 Care <care@parcelcare.example> wrote:\n> which parcel?\nSF1\n> since when?\nMonday"
    assert written(quoted) == "SF1\nMonday"
    assert written(f"see below\n{quoted}") == "see below\nSF1\nMonday"


def test_a_mail_that_only_quotes_keeps_its_text() -> None:
    assert "Dear" in written("> Dear customer\n> hello")
    assert "您好" in written("------------------ 原始邮件 ------------------\n您好")


@pytest.mark.parametrize("mark", ["---------- Forwarded message ---------", "---------- 转发的邮件 ----------"])
def test_what_is_forwarded_is_what_the_mail_is_about(mark: str) -> None:
    mail = f"请看\n\n{mark}\nFrom: shop\nDate: Friday\n运单号 SF1234567890123"
    assert "SF1234567890123" in written(mail)


@pytest.mark.parametrize(
    ("subject", "forward"),
    [("Fwd: x", True), ("FW：x", True), ("转发: x", True), ("Re: Fwd: x", False), ("forward", False)],
)
def test_a_forward_by_its_subject(subject: str, forward: bool) -> None:
    assert is_forward(subject) is forward
    assert ("SF1" in written("看\nFrom: a\nSent: b\nSF1", forwarded=is_forward(subject))) is forward


def test_ordinary_sentences_are_no_quotation() -> None:
    for text in (
        "I wrote:\nhello",
        "On Monday you wrote to me",
        "From: Shanghai to Beijing",
        "---\nhello",
        "他写道：不错",
    ):
        assert written(text) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>包裹&nbsp;破损</p><script>x('<p>')</script><style>p{}</style>", "包裹 破损"),
        ("<table><tr><td>单号</td><td>SF1</td></tr><tr><td>金额</td><td>5</td></tr></table>", "单号 SF1\n\n金额 5"),
        ("<p>碎了<div class='gmail_quote'>On Friday</div>", "碎了"),
        ("<div>碎了</div><includetail><div>原始邮件</div></includetail>", "碎了"),
        (
            "<div>碎了</div><blockquote id='isReplyContent'>old<blockquote>older</blockquote></blockquote>再见",
            "碎了\n再见",
        ),
        ('<div>碎了</div><div id="divRplyFwdMsg"><b>发件人:</b> x</div>', "碎了"),
        ("碎了<div class=gmail_signature>Li<div>138</div></div>!", "碎了\n\n!"),
        ("碎了<span style='display:none'>hidden</span>", "碎了"),
        ("a < b &amp; c > d", "a < b & c > d"),
        ("<title>x</title>碎了<!-- c --><br>了", "碎了\n了"),
        ("<title>never closed 碎了", "never closed 碎了"),
        ("<blockquote>only this</blockquote>", "only this"),
        ("<P>大写</P><SCRIPT>bad()</SCRIPT>", "大写"),
        ("", ""),
    ],
)
def test_html_becomes_lines_of_text(html: str, text: str) -> None:
    assert text_of_html(html) == text


@pytest.mark.parametrize(
    "unclosed", ["<a ", "<!--", "<![CDATA[", "<a b='", "</", "&#", "<title>", "<div hidden>", "<", "<style"]
)
def test_hostile_html_costs_no_more_than_its_length(unclosed: str) -> None:
    # The standard library's parser takes minutes here; the run's time-out is what fails.
    assert isinstance(text_of_html((unclosed * 300_000)[:300_000]), str)


@pytest.mark.parametrize(
    "piece", ["-", "_", "On x", "\nOn x", "发件人：", "\n发件人：x", "在 2026-", "\n> ", "1", "-- \n"]
)
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    assert isinstance(written((piece * 100_000)[:100_000]), str)


def test_an_invitation_says_what_it_invites_to() -> None:
    calendar = (
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nDTSTART;TZID=Asia/Shanghai:20261120T150000\r\n"
        "SUMMARY:取件\\, 上门\r\nLOCATION:北京市\r\n 朝阳区\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    assert text_of_calendar(calendar) == "取件, 上门\n20261120T150000\n北京市朝阳区"
    assert text_of_calendar("no calendar") == ""

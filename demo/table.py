"""The table at the end of the day, as a manager wants it: Chinese and English headings, then what must always hold."""

from collections.abc import Mapping
from datetime import datetime

from rich.console import Console
from rich.table import Table

from demo.invariants import Verdict
from demo.parcels import CHINA
from demo.summary import GROUPS, ClockFigures, IncidentFigures, Summary
from demo.targets import stretch

WORDS = {
    "phone": "电话 phone",
    "web": "网页 web",
    "email": "邮件 mail",
    "wechat": "微信 WeChat",
    "weibo": "微博 Weibo",
    "sms": "短信 text message",
    "system": "系统 system",
    "query": "咨询 query",
    "complaint": "投诉 complaint",
    "claim": "理赔 claim",
    "after_sales": "售后 after-sales",
    "feedback": "反馈 feedback",
    "exception": "异常件 exception",
    "first_response": "首次响应 first response",
    "next_response": "后续响应 next response",
    "resolution": "解决 resolution",
    "legal_answer": "法定答复 legal answer",
    "delay": "延误 delay",
    "loss": "丢失 loss",
    "damage": "破损 damage",
    "shortage": "短少 shortage",
    "wrong_delivery": "错派 wrong delivery",
    "return_dispute": "退换争议 return dispute",
    "cold_chain": "冷链 cold chain",
    "wrong_sign": "签收未收到 signed, not received",
    "customs_hold": "海关扣留 customs",
    "failed_delivery": "派送失败 failed delivery",
    "refused": "拒收 refused",
    "wrong_address": "地址错误 wrong address",
    "misrouted": "错分 misrouted",
    "draft": "待提交 draft",
    "awaiting_evidence": "待补材料 awaiting evidence",
    "in_review": "人工审核 in review",
    "approved": "已核准 approved",
    "partly_approved": "部分核准 partly approved",
    "rejected": "不予赔付 rejected",
    "paid": "已赔付 paid",
    "withdrawn": "已撤回 withdrawn",
    "received": "受理 received",
    "stage": "进度 stage",
    "reply": "回复 reply",
    "evidence_needed": "补材料 evidence needed",
    "details_needed": "补信息 details asked",
    "decided": "决定 decided",
    "closed": "结案 closed",
    "incident": "突发事件 incident",
    "where_is": "查件 where is it",
    "opening_hours": "营业时间 opening hours",
    "outlet": "网点 outlet",
    "sending": "寄件 sending",
    "insurance": "保价 insurance",
    "asked": "请求 asked",
    "again": "再来 came back",
    "late": "逾期 late",
    "no_facts": "无轨迹 no track",
    "zh": "中文 Chinese",
    "en": "英文 English",
}
GROUP_WORDS = {"lost": "丢失 lost", "doubled": "重复 doubled", "money": "付款 money", "garbage": "垃圾 garbage"}


def yuan(fen: int) -> str:
    return f"¥{fen / 100:,.2f}"


def counted(figures: Mapping[str, int], most: int = 12) -> str:
    ranked = sorted(figures.items(), key=lambda item: -item[1])[:most]
    return " · ".join(f"{WORDS.get(name, name)} {count:,}" for name, count in ranked) or "—"


def clock_line(figures: ClockFigures) -> str:
    total = figures.kept + figures.missed
    share = f"{figures.kept / total:.0%}" if total else "—"
    middle = f"，中位 median {figures.median_minutes:,.0f} min" if figures.median_minutes is not None else ""
    return f"达标 kept {figures.kept:,} · 超时 missed {figures.missed:,} · {share}{middle}"


def incident_line(one: IncidentFigures) -> str:
    closed = f"，关闭 closed {clock_time(one.closed_at)}" if one.closed_at else "，未关闭 still open"
    answered = f"，响应 answered {one.answered_minutes:,.0f} min" if one.answered_minutes is not None else ""
    return (
        f"{one.where} {WORDS.get(one.kind, one.kind)} · 开 opened {clock_time(one.opened_at)}{answered}{closed}"
        f"\n包裹 parcels {one.parcels:,}：已有工单 had a case {one.had_case:,}"
        f"，后来立案 opened later {one.opened_later:,}"
        f"，无须立案 no case needed {one.kept_unopened:,}，仍受影响 still under it {one.still_under:,}"
        f"\n通知客户 customers told {one.told:,}，解除通知 told it is over {one.told_over:,}"
    )


def clock_time(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(CHINA):%H:%M}"


def show(console: Console, summary: Summary, verdict: Verdict, seconds: float) -> None:
    table = Table(title="这一天 · The day", box=None, padding=(0, 2), show_header=False, title_justify="left")
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for heading, text in rows(summary):
        table.add_row(heading, text)
    console.print(table, highlight=False)
    rate = 16 * 3600 / seconds
    minutes, target = f"{rate / 60:.0f}", f"{30 * stretch(rate) / 60:.0f}"
    console.print(
        f"\n  时间压缩 {rate:.0f} 倍：1 秒 = {minutes} 分钟；在线首响目标 30 秒相应放宽为 {target} 分钟。"
        f"\n  Time runs {rate:.0f} times as fast: 1 s = {minutes} min; the chat target of 30 s becomes {target} min.",
        style="dim",
        highlight=False,
    )
    show_invariants(console, verdict)


def rows(summary: Summary) -> list[tuple[str, str]]:
    caught = summary.garbage_refused
    return [
        ("联系 Contacts", f"{sum(summary.contacts.values()):,}　{counted(summary.contacts)}"),
        ("客户 Customers", f"{summary.customers:,}　{counted(summary.languages)}"),
        ("包裹 Parcels", f"{summary.parcels:,} 件，轨迹 scans {summary.scans:,}"),
        ("工单 Cases", f"{sum(summary.cases.values()):,}　{counted(summary.cases)}"),
        (
            "主动建单 Before the call",
            f"{summary.before_call:,}　{counted(summary.exceptions)}（其后来电 called later {summary.called_later}）",
        ),
        *((f"突发事件 {number}", incident_line(one)) for number, one in summary.incidents.items()),
        *((WORDS[kind].capitalize(), clock_line(figures)) for kind, figures in summary.clocks.items()),
        ("首响中位 First response", counted_minutes(summary.first_response_minutes)),
        ("超时 SLA breaches", counted(summary.breaches)),
        (
            "自助 Self-service",
            f"{sum(summary.self_service.values()):,}（{share(summary)} of contacts）　{counted(summary.self_service)}"
            f"；转人工 to a person {counted(summary.handed_over)}",
        ),
        ("满意度 Satisfaction", counted(summary.surveys)),
        (
            "重点客户 Key accounts",
            f"月发件超 50 件的客户的工单 cases of whoever has more than 50 parcels a month: {summary.key_accounts:,}",
        ),
        ("升级 Escalations", f"{summary.escalations:,}"),
        ("理赔 Claims", f"{sum(summary.claims.values()):,}　{counted(summary.claims)}"),
        ("状态 Claim states", counted(summary.claim_states)),
        ("先行赔付 Fast track", f"{summary.fast_track:,}　{yuan(summary.fast_track_fen)}"),
        (
            "赔付 Paid",
            f"{summary.paid:,}　{yuan(summary.paid_fen)}（最大 largest {yuan(summary.largest_fen)}；"
            f"已决定 decided {summary.decided}）",
        ),
        ("通知 Notices", f"{summary.notices_sent:,}　{counted(summary.notices)}"),
        ("死信 Dead letters", f"{sum(summary.dead_letters.values()):,}　{counted(summary.dead_letters)}"),
        (
            "垃圾与伪造 Garbage, forged",
            f"{summary.garbage:,}（拒绝 refused {caught}，死信 dead-lettered {summary.garbage - caught}）· "
            f"伪造 forged {summary.forged}",
        ),
        ("网关重试 Gateway retries", f"重试 retries {summary.retries:,} · 重复投递 repeated {summary.repeated:,}"),
    ]


def share(summary: Summary) -> str:
    """Contacts that were answered without a person for good."""
    contacts = sum(summary.contacts.values())
    return f"{sum(summary.self_service.values()) / contacts:.0%}" if contacts else "—"


def counted_minutes(figures: Mapping[str, float]) -> str:
    return " · ".join(f"{WORDS.get(name, name)} {value:,.0f} min" for name, value in figures.items()) or "—"


def show_invariants(console: Console, verdict: Verdict) -> None:
    table = Table(box=None, padding=(0, 2), show_header=False)
    for group in GROUPS:
        for finding in (f for f in verdict.findings if f.group == group):
            mark = "[green]✓[/]" if not finding.broken else "[bold red]✗[/]"
            table.add_row(
                mark, GROUP_WORDS[group], f"{finding.zh} · {finding.en}", f"{finding.broken:,} / {finding.of:,}"
            )
            for example in finding.examples:
                table.add_row("", "", f"[dim]{example}[/]", "")
    console.print("\n不变量 · Invariants (seen from outside)", style="bold")
    console.print(table, highlight=False)
    equal = "=" if verdict.broken("money") == 0 else "≠"
    style = "bold green" if verdict.holds else "bold red"
    console.print(
        f"\n受理 accepted {verdict.accepted:,} · 丢失 lost {verdict.broken('lost')} · 重复 doubled"
        f" {verdict.broken('doubled')} · 已付 paid {yuan(verdict.paid_fen)} {equal} 决定 decided"
        f" {yuan(verdict.decided_fen - verdict.refused_fen)}",
        style=style,
        highlight=False,
    )
    if verdict.repeated:
        console.print(
            f"重复送达但可识别 repeated, recognisable: {verdict.repeated} · 银行拒付 refused by the bank:"
            f" {yuan(verdict.refused_fen)}",
            style="dim",
        )

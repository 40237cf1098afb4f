"""What is worth a line on the screen: a case before the customer called, a payment, an escalation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo.parcels import CHINA

EXCEPTIONS = {
    "delay": ("48 小时无扫描", "no scan for 48 h"),
    "loss": ("丢件", "lost"),
    "damage": ("破损件", "damaged"),
    "wrong_sign": ("签收未收到", "signed, not received"),
    "customs_hold": ("海关扣留", "held by customs"),
    "failed_delivery": ("派送失败", "delivery failed"),
    "refused": ("拒收", "refused"),
    "wrong_address": ("地址错误", "wrong address"),
    "misrouted": ("错分", "misrouted"),
    "other": ("异常件", "exception"),
}
CLAIM_KINDS = {
    "loss": ("丢失件", "loss"),
    "damage": ("破损件", "damage"),
    "shortage": ("短少件", "shortage"),
    "delay": ("延误件", "delay"),
    "wrong_delivery": ("错派件", "wrong delivery"),
    "return_dispute": ("退换争议", "return dispute"),
    "cold_chain": ("冷链件", "cold chain"),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the ticker; `weight` 3 is shown before 1 where there is no room for all."""

    at: datetime
    zh: str
    en: str
    weight: int

    def line(self) -> str:
        return f"{self.at.astimezone(CHINA):%H:%M} {self.zh} · {self.en}"


def happenings_of_case(event: Mapping[str, Any]) -> Iterator[Happening]:
    case, at = event["case"], datetime.fromisoformat(event["at"])
    number = case["number"]
    parcel = (case.get("tracking_numbers") or ["—"])[0]
    for change in event["changes"]:
        if change["type"] == "opened" and case["origin"] == "parcel_exception":
            zh, en = EXCEPTIONS[case.get("exception_kind") or "other"]
            yield Happening(
                at, f"{zh} {parcel}：已先于客户建单 {number}", f"{en}: case opened before the customer called", 2
            )
        elif change["type"] == "tier_changed":
            yield Happening(
                at, f"客户成为重点客户：工单 {number}", "a key account by its parcels: its case goes first", 3
            )
        elif change["type"] == "escalated":
            level = change["level"]
            yield Happening(
                at, f"工单 {number} 升级至 {level} 级（{change['role']}）", f"escalated to level {level}", 1
            )
        elif change["type"] == "closed" and case["classification"]["kind"] == "feedback":
            yield Happening(at, f"表扬/反馈 {number} 已回复并关闭", "feedback answered and closed", 1)


def happenings_of_claim(event: Mapping[str, Any]) -> Iterator[Happening]:
    claim, at = event["claim"], datetime.fromisoformat(event["at"])
    zh, en = CLAIM_KINDS[claim["kind"]]
    parcel = claim.get("tracking_number") or claim["case_number"]
    for change in event["changes"]:
        if change["type"] == "paid" and claim.get("payout"):
            amount = f"¥{claim['payout']['amount_fen'] / 100:,.2f}"
            way = ("先行赔付", "fast track") if claim.get("fast_track") else ("理赔", "paid")
            law = _law(claim)
            yield Happening(at, f"{zh} {parcel} {way[0]} {amount} → 已到账{law}", f"{en}, {way[1]} {amount}", 3)
        elif change["type"] == "review_requested":
            yield Happening(at, f"{zh} {claim['number']} 转人工审核", f"{en}: a person decides", 1)
        elif change["type"] == "decided" and not (claim.get("award") or {}).get("amount_fen"):
            yield Happening(at, f"{zh} {claim['number']} 不予赔付，已说明理由", f"{en}: rejected with reasons", 1)
        elif change["type"] == "evidence_received":
            yield Happening(at, f"{zh} {claim['number']} 材料已收到", f"{en}: evidence received", 1)


def _law(claim: Mapping[str, Any]) -> str:
    """The first provision that the decision rests on, by its Chinese name."""
    laws = (claim.get("liability") or {}).get("law") or (claim.get("award") or {}).get("law") or ()
    return f"（{laws[0]['ref'].split(' (')[0]}）" if laws else ""

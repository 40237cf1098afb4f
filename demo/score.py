"""The counters of the day as they stand: what the live view shows, line by line or in a panel."""

from dataclasses import dataclass
from datetime import datetime

from demo.ledger import Ledger
from demo.parcels import CHINA, Day
from demo.seen.observations import Observations


@dataclass(frozen=True, slots=True)
class Score:
    """Money in fen; `share` of the day that is over, 0 to 1."""

    now: datetime
    share: float
    contacts: int
    scans: int
    cases: int
    before_call: int
    claims_paid: int
    paid_fen: int
    notices: int
    waiting: int

    @property
    def time(self) -> str:
        return f"{self.now.astimezone(CHINA):%H:%M}"

    def line(self) -> str:
        return (
            f"{self.time}  联系 contacts {self.contacts:,} · 轨迹 scans {self.scans:,} · 工单 cases {self.cases:,}"
            f"（主动建单 before the call {self.before_call}）· 赔付 paid {self.claims_paid} ¥{self.paid_fen / 100:,.2f}"
            f" · 通知 notices {self.notices:,}"
        )


def score(ledger: Ledger, seen: Observations, day: Day, now: datetime, waiting: int) -> Score:
    share = (now - day.opens) / (day.closes - day.opens)
    paid = [payout for payout in seen.payouts.values() if payout["status"] == "succeeded"]
    return Score(
        now=now,
        share=min(1.0, max(0.0, share)),
        contacts=len(ledger.contacts),
        scans=len(ledger.scans),
        cases=len(seen.cases),
        before_call=len(seen.before_call),
        claims_paid=len(paid),
        paid_fen=sum(payout["amount_fen"] for payout in paid),
        notices=len(seen.sent),
        waiting=waiting,
    )

"""The result of a run: var/chaos.json, and a table for people."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from bench.load import quantile
from demo.invariants.finding import Finding
from tools.chaos.plan import Blow
from tools.chaos.probes import Probed, recoveries
from tools.chaos.verdict import UNANSWERED, Verdict

RECOVERY_TARGET_S = 15.0
ACCEPTED_SHARE = 0.95
"""A run in which gateways give up more than the rest of it proves little."""


@dataclass(frozen=True)
class Run:
    """What was done and what came of it. `drained_s` None: the system did not come to rest."""

    seed: int
    seconds: float
    offered: int
    retries: int
    probed: Sequence[Probed]
    case_seen_at: Mapping[str, float]
    drained_s: float | None
    still: str
    verdict: Verdict

    @property
    def kills(self) -> int:
        return sum(one.strike.blow is Blow.KILL for one in self.probed)

    def recovered(self, blow: Blow) -> list[float]:
        return recoveries(list(self.probed), self.case_seen_at, lambda one: one.strike.blow is blow)

    @property
    def unrecovered(self) -> list[str]:
        return [one.strike.program for one in self.probed if one.recovery_s(self.case_seen_at) is None]

    @property
    def good(self) -> bool:
        """Nothing lost or doubled, and the run was one at all: contacts, payments and kills, and then rest."""
        happened = self.verdict.accepted > ACCEPTED_SHARE * self.offered and self.verdict.paid > 0 and self.kills > 0
        return self.verdict.holds and happened and self.drained_s is not None and not self.unrecovered

    def document(self) -> dict[str, Any]:
        verdict = self.verdict
        return {
            "seed": self.seed,
            "seconds": self.seconds,
            "machine": {"cores": os.cpu_count(), "load": [round(n, 2) for n in os.getloadavg()]},
            "offered": self.offered,
            "accepted": verdict.accepted,
            "retries": self.retries,
            "unanswered": verdict.broken(UNANSWERED),
            "lost": verdict.broken("lost"),
            "doubled": verdict.broken("doubled"),
            "money": verdict.broken("money"),
            "payments": verdict.paid,
            "repeated_mails": verdict.repeated_mails,
            "repeated_records": verdict.repeated_records,
            "kills": self.kills,
            "recovery_s": {blow.value: _spread(self.recovered(blow)) for blow in Blow},
            "recovery_target_s": RECOVERY_TARGET_S,
            "unrecovered": self.unrecovered,
            "drained_s": self.drained_s,
            "still_moving": self.still,
            "strikes": [_strike(one, self.case_seen_at) for one in self.probed],
            "findings": [asdict(found) for found in verdict.findings],
        }


def _spread(seconds: list[float]) -> dict[str, float] | None:
    if not seconds:
        return None
    return {"p50": round(quantile(seconds, 0.5), 2), "max": round(seconds[-1], 2)}


def _strike(one: Probed, seen_at: Mapping[str, float]) -> dict[str, Any]:
    recovery = one.recovery_s(seen_at)
    return {
        **asdict(one.strike),
        "at": one.struck_clock.isoformat(),
        "recovery_s": None if recovery is None else round(recovery, 2),
    }


def tables(run: Run) -> tuple[Table, Table]:
    """What was judged, and the figures of the run."""
    judged = Table(title="Judged from outside / 从外部核对")
    for column in ("rule", "规则", "checked", "broken"):
        judged.add_column(column, justify="right" if column in ("checked", "broken") else "left")
    for found in run.verdict.findings:
        judged.add_row(found.en, found.zh, f"{found.of:,}", _broken(found))
    figures = Table(title="Chaos run / 故障演练", show_header=False)
    for name, value in _figures(run):
        figures.add_row(name, value)
    return judged, figures


def _broken(found: Finding) -> str:
    return f"[green]{found.broken}[/]" if found.broken == 0 else f"[red]{found.broken}[/]\n" + "\n".join(found.examples)


def _figures(run: Run) -> list[tuple[str, str]]:
    verdict = run.verdict
    rest = f"{run.drained_s:.0f} s after the load" if run.drained_s is not None else f"[red]never:[/] {run.still}"
    return [
        ("contacts accepted (2xx) / 已受理联系", f"{verdict.accepted:,} of {run.offered:,} offered"),
        ("never answered by any try / 始终未受理", f"{verdict.broken(UNANSWERED):,}"),
        ("lost / 丢失", str(verdict.broken("lost"))),
        ("doubled / 重复", str(verdict.broken("doubled"))),
        ("payments / 赔款笔数", f"{verdict.paid:,}, {verdict.broken('money')} wrong"),
        ("kills and freezes / 强杀与冻结", f"{run.kills} kills, {len(run.probed) - run.kills} freezes"),
        ("recovery after a kill / 强杀后恢复", _recovery(run, Blow.KILL)),
        ("recovery after a freeze / 冻结后恢复", _recovery(run, Blow.FREEZE)),
        ("deliveries tried again by gateways / 网关重试", f"{run.retries:,}"),
        ("mails again under an equal Message-ID / 可识别的重复邮件", f"{verdict.repeated_mails:,}"),
        ("records again under an equal id / 可识别的重复记录", f"{verdict.repeated_records:,}"),
        ("at rest / 排空", rest),
    ]


def _recovery(run: Run, blow: Blow) -> str:
    seconds = run.recovered(blow)
    if not seconds:
        return "—"
    struck = {one.strike.program for one in run.probed if one.strike.blow is blow}
    missing = struck & set(run.unrecovered)
    told = f"p50 {quantile(seconds, 0.5):.1f} s, max {seconds[-1]:.1f} s (target {RECOVERY_TARGET_S:.0f} s)"
    return f"{told}; [red]never: {', '.join(sorted(missing))}[/]" if missing else told

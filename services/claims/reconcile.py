"""`python -m services.claims.reconcile`: our payments against the provider's statement; exits 1 on any difference."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.claims.payments import HttpPayments
from services.claims.reconciliation import HARMLESS, Comparison, Reconciliation, reconcile
from services.claims.settings import Settings
from services.claims.store import ClaimStore
from services.claims.words import Text, yuan
from shared.messaging.handler import TransientFailure
from shared.mongo import Database, connect

FINDINGS: dict[str, Text] = {
    "agrees": Text("一致", "agrees"),
    "in_flight": Text("处理中", "in flight"),
    "missing": Text("对方无此笔", "not in the statement"),
    "unknown": Text("我方无此决定", "no decision of ours"),
    "doubled": Text("重复付款", "paid twice"),
    "amount": Text("金额不符", "amount differs"),
    "status": Text("状态不符", "status differs"),
}
UNREACHABLE = 2


async def compare(settings: Settings, since: datetime | None) -> Reconciliation:
    """Raises `TransientFailure` where the provider does not answer."""
    client = connect(settings.mongo_url)
    payments = HttpPayments(settings.payment_url, settings.payment_key, settings.payment_timeout_s)
    try:
        store = ClaimStore(Database(client, f"{settings.database_prefix}claims"))
        ours = [payout async for payout in store.payouts(since)]
        theirs = [line async for line in payments.statement(since)]
    finally:
        await payments.close()
        client.close()
    return reconcile(ours, theirs)


def present(result: Reconciliation, console: Console, everything: bool) -> None:
    table = Table("参考号 Reference", "我方 Ours", "对方 Theirs", "结果 Finding", title="赔付对账 Reconciliation")
    for comparison in result.comparisons:
        if everything or comparison.finding not in HARMLESS:
            table.add_row(*_cells(comparison))
    if table.row_count:
        console.print(table)
    counts = {f: sum(c.finding == f for c in result.comparisons) for f in FINDINGS}
    console.print("  ".join(f"{FINDINGS[f].both}: {n}" for f, n in counts.items() if n) or "无付款 / no payments")
    console.print(f"我方已付 / we hold for paid: CNY {yuan(result.ours_fen)}")
    console.print(f"对方已付 / the provider paid: CNY {yuan(result.theirs_fen)}")


def _cells(comparison: Comparison) -> tuple[str, str, str, str]:
    ours, theirs = comparison.ours, comparison.theirs
    return (
        comparison.reference,
        f"{yuan(ours.amount_fen)} {ours.status}" if ours else "—",
        f"{yuan(theirs.amount_fen)} {theirs.status}" if theirs else "—",
        FINDINGS[comparison.finding].both,
    )


def main(
    days: Annotated[int | None, typer.Option(help="only payments decided in the last so many days")] = None,
    everything: Annotated[bool, typer.Option("--all", help="list the payments that agree, too")] = False,
) -> None:
    """Compare every payment that was decided with the provider's statement, exact to the fen."""
    settings = Settings()
    since = settings.clock.now() - timedelta(days=days) if days is not None else None
    try:
        result = asyncio.run(compare(settings, since))
    except TransientFailure as error:
        typer.echo(f"{error}; nothing was compared", err=True)
        raise typer.Exit(UNREACHABLE) from error
    present(result, Console(), everything)
    raise typer.Exit(1 if result.differences else 0)


if __name__ == "__main__":
    typer.run(main)

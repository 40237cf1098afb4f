"""`python -m services.intake.unknown_codes`: carriers' codes that no table names, oftenest first (IN-2).

They stand at the originals that they came in (collection `originals`, field `unknown_codes`), so they are kept as long
as these, and counted once however often a push came.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from pymongo.errors import PyMongoError
from rich.console import Console
from rich.table import Table

from services.intake.settings import Settings
from services.intake.store import RawStore, UnknownCode
from shared.mongo import Database, connect

UNREACHABLE = 2


async def found(settings: Settings, since: datetime) -> list[UnknownCode]:
    client = connect(settings.mongo_url)
    try:
        store = RawStore(Database(client, f"{settings.database_prefix}intake"), settings.raw_days)
        await store.create_indexes()
        return await store.unknown_codes(since)
    finally:
        client.close()


def present(codes: Sequence[UnknownCode], console: Console) -> None:
    if not codes:
        console.print("没有未知代码 / no unknown codes")
        return
    table = Table(title="未知代码 Unknown codes", box=None, pad_edge=False)
    for column in ("网关\nGateway", "代码\nCode", "次数\nTimes", "首次\nFirst", "最近\nLast"):
        table.add_column(column, overflow="fold")
    # Whole, also where the window is narrow: it is copied into the address of the archive.
    table.add_column("原文\nOriginal", no_wrap=True)
    for code in codes:
        first, last = (t.date().isoformat() for t in (code.first, code.last))
        table.add_row(code.gateway, code.code, str(code.times), first, last, code.example)
    console.print(table)
    console.print("在 services/intake/rules/status/ 中补充 / add them to services/intake/rules/status/")


def main(
    days: Annotated[int, typer.Option(min=1, help="of the last so many days")] = 30,
) -> None:
    """List the codes with how often they came, when, and an original that has one."""
    settings = Settings()
    try:
        codes = asyncio.run(found(settings, datetime.now(UTC) - timedelta(days=days)))
    except PyMongoError as error:
        typer.echo(f"MongoDB does not answer ({type(error).__name__}); MONGO_URL says where it is", err=True)
        raise typer.Exit(UNREACHABLE) from error
    present(codes, Console())


if __name__ == "__main__":
    typer.run(main)

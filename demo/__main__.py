"""python -m demo: the whole system, a day of traffic, what came of it; stays up until Ctrl-C unless told otherwise."""

import asyncio
import logging
import os
import signal
from pathlib import Path
from typing import Annotated

import orjson
import structlog
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from demo.morning import Options, prepare
from demo.run import Played, play
from demo.schedule import USUAL, Sizes, Timetable
from demo.summary import invariants_json
from demo.table import show
from demo.tidying import tidy
from tools.stack import Stack, StackError

RESULT = Path(__file__).resolve().parents[1] / "var" / "demo.json"
app = typer.Typer(add_completion=False)


@app.command(help=__doc__)
def main(
    once: Annotated[bool, typer.Option(help="End after the day; also by ONCE=1. Fails if an invariant broke.")] = False,
    seconds: Annotated[float, typer.Option(min=20, help="Real seconds that the day from 07:00 to 23:00 takes.")] = 150,
    contacts: Annotated[int, typer.Option(min=1)] = USUAL.contacts,
    customers: Annotated[int, typer.Option(min=1, max=9999)] = USUAL.customers,
    scans: Annotated[int, typer.Option(min=1)] = USUAL.scans,
    seed: Annotated[int, typer.Option(help="The same seed draws the same day.")] = 1,
    keep_up: Annotated[bool, typer.Option("--keep-up", help="With --once: leave the system running.")] = False,
    directory: Annotated[str | None, typer.Option("--dir", help="State directory of the stack.")] = None,
) -> None:
    quiet_logs()
    console = Console(width=None if os.isatty(1) else 160)
    options = Options(seconds, Sizes(customers, contacts, scans), seed, directory)
    ends_after_the_day = once or os.environ.get("ONCE") == "1"
    raise typer.Exit(uvloop.run(whole(options, console, ends_after_the_day, keep_up)))


async def whole(options: Options, console: Console, once: bool, keep_up: bool) -> int:
    """The exit code: 0, or 1 where the system did not come up or an invariant broke."""
    for number in (signal.SIGINT, signal.SIGTERM):
        task = asyncio.current_task()
        assert task
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    preparing = asyncio.create_task(prepare(options, lambda line: console.print(f"· {line}", highlight=False)))
    try:
        stack, plan = await asyncio.shield(preparing)
        played = await play(stack, plan, options, console)
        tell(console, played)
        if not once:
            console.print("\n系统保持运行，Ctrl-C 结束 · the system stays up; Ctrl-C ends it", style="bold")
            await asyncio.Event().wait()
        return 0 if played.holds else 1
    except StackError as problem:
        console.print(f"\n{problem}", style="red", markup=False)
        return 1
    except asyncio.CancelledError:
        return 130 if once else 0
    finally:
        if not (once and keep_up):
            await end(preparing, options, console)


async def end(preparing: "asyncio.Task[tuple[Stack, Timetable]]", options: Options, console: Console) -> None:
    """Takes down what came up, also where it was still coming up when Ctrl-C was pressed."""
    console.print("\n· 正在关闭 · taking the system down", highlight=False)
    await asyncio.wait([preparing])
    if preparing.exception() is None:
        stack, _ = preparing.result()
        await asyncio.to_thread(stack.down)
    if options.prefix:
        clusters = os.environ.get("KAFKA_BOOTSTRAP_SERVERS"), os.environ.get("MONGO_URL")
        await tidy(*clusters, options.prefix, options.database_prefix)


def tell(console: Console, played: Played) -> None:
    show(console, played.summary, played.verdict, played.options.seconds)
    content = played.as_json() | {
        "summary": played.summary.as_json(),
        "invariants": invariants_json(played.verdict),
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))
    table = Table(box=None, show_header=False, padding=(0, 2))
    for name, address in {**played.addresses, "结果 figures": str(RESULT)}.items():
        table.add_row(f"[cyan]{name}[/]", address)
    console.print()
    console.print(table, highlight=False, soft_wrap=True)


def quiet_logs() -> None:
    """Warnings only: what happens is told by the view."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


if __name__ == "__main__":
    app()

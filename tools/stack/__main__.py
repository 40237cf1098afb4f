"""python -m tools.stack up | infra-up | status | down: the local stack on the command line."""

from typing import Annotated

import typer
from rich.console import Console

from tools.stack.down import end_everything
from tools.stack.layout import layout_of
from tools.stack.present import show_addresses, show_programs
from tools.stack.readiness import StackError
from tools.stack.stack import Stack

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
console = Console(highlight=False)

Dir = Annotated[str | None, typer.Option("--dir", help="State directory; another one is another stack.")]
Clean = Annotated[bool, typer.Option("--clean", help="Forget all earlier state of this directory first.")]


def parse_scale(pairs: list[str]) -> dict[str, int]:
    """`routing=2` → {"routing": 2}."""
    scale: dict[str, int] = {}
    for pair in pairs:
        name, _, count = pair.partition("=")
        if not count.isdigit() or int(count) < 1:
            raise typer.BadParameter(f"{pair!r} is not of the form routing=2")
        scale[name] = int(count)
    return scale


def run(directory: str | None, services: bool | list[str], scale: list[str], clean: bool) -> None:
    running = None if clean else Stack.attach(directory)
    if running is not None:
        console.print("The stack is up already.")
        show_addresses(console, running.info)
        return
    try:
        stack = Stack.up(
            directory,
            services=services,
            scale=parse_scale(scale),
            clean=clean,
            report=lambda line: console.print(f"· {line}"),
        )
    except (StackError, RuntimeError, ValueError) as problem:
        console.print(f"\n{problem}", style="red", markup=False)
        raise typer.Exit(1) from None
    show_addresses(console, stack.info)


@app.command()
def up(
    directory: Dir = None,
    clean: Clean = False,
    scale: Annotated[list[str] | None, typer.Option(help="How many processes: --scale routing=2")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only these services: --only intake --only routing")] = None,
) -> None:
    """Kafka, MongoDB, simulators and the five services."""
    run(directory, only or True, scale or [], clean)


@app.command("infra-up")
def infra_up(directory: Dir = None, clean: Clean = False) -> None:
    """Only Kafka and MongoDB."""
    run(directory, False, [], clean)


@app.command()
def status(directory: Dir = None) -> None:
    """What runs, since when, and where."""
    stack = Stack.attach(directory)
    if stack is None:
        console.print("The stack is not up.")
        raise typer.Exit(1)
    show_programs(console, stack.supervisor.states())
    show_addresses(console, stack.info)


@app.command()
def down(directory: Dir = None) -> None:
    """Ends what `up` started; its data stay."""
    found = end_everything(layout_of(directory))
    console.print("The stack is down." if found else "No stack was up.")


if __name__ == "__main__":
    app()

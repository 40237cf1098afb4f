"""How a stack looks on a terminal."""

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table

from tools.stack.stack_file import StackInfo


def address_rows(info: StackInfo) -> Iterator[tuple[str, str]]:
    yield "Kafka", info.kafka
    yield "MongoDB", info.mongo
    for instances in info.services.values():
        for one in instances:
            yield one.instance, one.url
    if info.smtp:
        yield "mail to the desk", f"smtp://{info.smtp.host}:{info.smtp.port}"
    if info.mail_catcher:
        yield "mail that went out", info.mail_catcher.url
    if info.payment:
        yield "payment provider", info.payment.url
    if info.webhook_sink:
        yield "merchants' webhooks", info.webhook_sink.url
    if info.media_host:
        yield "platforms' media", info.media_host.url


def show_addresses(console: Console, info: StackInfo) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2))
    for name, address in address_rows(info):
        table.add_row(name, address)
    console.print(table)


def show_programs(console: Console, states: Mapping[str, Mapping[str, object]]) -> None:
    table = Table(box=None, padding=(0, 2))
    for heading in ("program", "state", ""):
        table.add_column(heading)
    for name, state in states.items():
        table.add_row(name, str(state["statename"]).lower(), str(state["description"]))
    console.print(table)

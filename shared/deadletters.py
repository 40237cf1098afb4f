"""`python -m shared.deadletters list|show|replay|drop`: the dead letters of a running stack (SY-3).

The topic is compacted and keyed by the letter's id: a replayed or dropped letter gets a tombstone.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from rich.console import Console
from rich.table import Table

from shared.contracts.topics import DEAD_LETTERS, MAX_RECORD_BYTES
from shared.kafka_security import KafkaSecurity
from shared.messaging.deadletter import ORIGINAL
from shared.messaging.record import REPLAY_GROUP_HEADER
from shared.settings import KafkaSettings

cli = typer.Typer(add_completion=False, help=__doc__)
console = Console(width=None if sys.stdout.isatty() else 160)
Bootstrap = Annotated[str, typer.Option(envvar="KAFKA_BOOTSTRAP_SERVERS", help="host:port of Kafka")]
Group = Annotated[str | None, typer.Option(help="only of this consumer group")]


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter as it lies in the topic."""

    id: str
    group: str
    reason: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    died_at: str

    @staticmethod
    def of(record: "ConsumerRecord[bytes, bytes]") -> "Letter":
        head = {str(name): value for name, value in record.headers if not str(name).startswith(ORIGINAL)}
        own = tuple(
            (str(name).removeprefix(ORIGINAL), value)
            for name, value in record.headers
            if str(name).startswith(ORIGINAL)
        )
        text = {name: value.decode("utf-8", "replace") for name, value in head.items()}
        return Letter(
            id=(record.key or b"").decode(),
            group=text["dl_group"],
            reason=text["dl_reason"],
            topic=text["dl_topic"],
            partition=int(text["dl_partition"]),
            offset=int(text["dl_offset"]),
            key=head.get("dl_key"),
            value=None if "dl_null_value" in head else record.value,
            headers=own,
            died_at=text["ce_time"],
        )


def topic_name() -> str:
    return KafkaSettings().topic_prefix + DEAD_LETTERS.name


def security() -> dict[str, Any]:
    """The client options of the environment (KAFKA_SECURITY_PROTOCOL …)."""
    return KafkaSecurity.of(KafkaSettings()).options()


async def read_letters(bootstrap: str) -> dict[str, Letter]:
    """All letters that are neither replayed nor dropped, oldest first, by id."""
    partition = TopicPartition(topic_name(), 0)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        **security(),
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=2 * MAX_RECORD_BYTES,
    )
    await consumer.start()
    try:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        await consumer.seek_to_beginning(partition)
        letters: dict[str, Letter] = {}
        while await consumer.position(partition) < end:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    _apply(letters, record)
        return letters
    finally:
        await consumer.stop()


def _apply(letters: dict[str, Letter], record: "ConsumerRecord[bytes, bytes]") -> None:
    if record.value is None:
        letters.pop((record.key or b"").decode(), None)
    else:
        letter = Letter.of(record)
        letters[letter.id] = letter


async def replay_letters(bootstrap: str, letters: Sequence[Letter], value: bytes | None = None) -> None:
    """Write each letter's bytes (or `value` instead) where it came from, for its group only; then a tombstone."""
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        **security(),
        acks="all",
        enable_idempotence=True,
        max_request_size=2 * MAX_RECORD_BYTES,
    ) as producer:
        for letter in letters:
            headers = [(n, v) for n, v in letter.headers if n != REPLAY_GROUP_HEADER]
            headers.append((REPLAY_GROUP_HEADER, letter.group.encode()))
            body = letter.value if value is None else value
            await producer.send_and_wait(
                letter.topic, body, key=letter.key, partition=letter.partition, headers=headers
            )
            await producer.send_and_wait(topic_name(), None, key=letter.id.encode(), partition=0)


async def drop_letters(bootstrap: str, letters: Sequence[Letter]) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, **security(), acks="all", enable_idempotence=True
    ) as producer:
        for letter in letters:
            await producer.send_and_wait(topic_name(), None, key=letter.id.encode(), partition=0)


@cli.command("list")
def list_letters(bootstrap: Bootstrap, group: Group = None, limit: int = 50) -> None:
    """The newest dead letters, and how many there are by group and reason."""
    letters = [x for x in asyncio.run(read_letters(bootstrap)).values() if group in (None, x.group)]
    table = Table(title=f"dead letters: {len(letters)}")
    for column in ("id", "died at", "group", "topic/partition/offset", "bytes", "reason"):
        table.add_column(column, overflow="fold")
    for x in letters[-limit:]:
        where = f"{x.topic}/{x.partition}/{x.offset}"
        table.add_row(x.id, x.died_at[:19], x.group, where, str(len(x.value or b"")), x.reason)
    console.print(table)


@cli.command()
def show(bootstrap: Bootstrap, letter_id: str, raw: bool = False) -> None:
    """One dead letter: reason, origin, headers and its bytes (--raw: the bytes alone)."""
    letter = _one(bootstrap, letter_id)
    if raw:
        sys.stdout.buffer.write(letter.value or b"")
        return
    for name in ("id", "died_at", "group", "reason", "topic", "partition", "offset", "key"):
        console.print(f"{name:10} {getattr(letter, name)}", highlight=False)
    for name, value in letter.headers:
        console.print(f"header     {name}: {value!r}", highlight=False)
    console.print(repr(letter.value), highlight=False)


@cli.command()
def replay(
    bootstrap: Bootstrap,
    letter_ids: Annotated[list[str] | None, typer.Argument()] = None,
    all_of: Annotated[str | None, typer.Option("--all", help="all letters of this group")] = None,
    edit: Annotated[Path | None, typer.Option(help="send this file's bytes instead (one letter)")] = None,
) -> None:
    """Give letters to their consumer group again, as they were or edited."""
    letters = _chosen(bootstrap, letter_ids or [], all_of)
    if edit and len(letters) != 1:
        raise typer.BadParameter("--edit takes exactly one letter")
    asyncio.run(replay_letters(bootstrap, letters, edit.read_bytes() if edit else None))
    console.print(f"replayed: {len(letters)}")


@cli.command()
def drop(
    bootstrap: Bootstrap,
    letter_ids: Annotated[list[str] | None, typer.Argument()] = None,
    all_of: Annotated[str | None, typer.Option("--all", help="all letters of this group")] = None,
) -> None:
    """Remove letters for good."""
    letters = _chosen(bootstrap, letter_ids or [], all_of)
    asyncio.run(drop_letters(bootstrap, letters))
    console.print(f"dropped: {len(letters)}")


def _one(bootstrap: str, letter_id: str) -> Letter:
    (letter,) = _chosen(bootstrap, [letter_id], None)
    return letter


def _chosen(bootstrap: str, ids: Sequence[str], group: str | None) -> list[Letter]:
    """Letters by id (a unique beginning will do) or all of a group; an unknown id is an error."""
    letters = asyncio.run(read_letters(bootstrap))
    if group is not None:
        return [x for x in letters.values() if x.group == group]
    chosen = []
    for letter_id in ids:
        found = [x for x in letters.values() if x.id.startswith(letter_id)]
        if len(found) != 1:
            raise typer.BadParameter(f"{letter_id}: {len(found)} dead letters begin so")
        chosen += found
    if not chosen:
        raise typer.BadParameter("name letters, or --all GROUP")
    return chosen


if __name__ == "__main__":
    cli()

"""`python -m services.routing.corrections FILE`: agents' corrections of training.v1 as JSON lines, for `make train`."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.contracts.topics import MAX_RECORD_BYTES, TRAINING
from shared.kafka_security import KafkaSecurity
from shared.settings import KafkaSettings

UNREACHABLE = 2


async def corrections(settings: KafkaSettings) -> AsyncIterator[bytes]:
    """The value of every correction that the topic holds now, in their order."""
    partitions = [TopicPartition(settings.topic_prefix + TRAINING.name, n) for n in range(TRAINING.partitions)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        **KafkaSecurity.of(settings).options(),
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=2 * MAX_RECORD_BYTES,
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    if record.value is not None:
                        yield record.value
    finally:
        await consumer.stop()


async def export(settings: KafkaSettings, file: Path) -> int:
    """Write them, and return how many: the file holds customers' words, so only its owner may read it."""
    number = 0
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        async for value in corrections(settings):
            out.write(value + b"\n")
            number += 1
    return number


def main(file: Annotated[Path, typer.Argument(help="JSON lines; what it held is replaced")]) -> None:
    """Export every correction that is still kept (400 days)."""
    try:
        number = asyncio.run(export(KafkaSettings(), file))
    except (KafkaError, OSError) as error:
        typer.echo(
            f"nothing was exported: {type(error).__name__}; check KAFKA_BOOTSTRAP_SERVERS and the file", err=True
        )
        raise typer.Exit(UNREACHABLE) from error
    typer.echo(f"{number} → {file}")


if __name__ == "__main__":
    typer.run(main)

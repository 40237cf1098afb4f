"""`python -m services.metrics.rebuild`: forget all figures and count them again from Kafka (SY-9).

Run it while no metrics process runs; then start the service. It shows no figures until it has read as far as the
topics reached when the command ran, so that a counter never seems to start from zero.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import typer
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from services.metrics.settings import MetricsSettings
from services.metrics.sources import GROUP, SOURCES
from services.metrics.store import Figures
from shared.kafka_security import KafkaSecurity
from shared.messaging.rebuilding import RebuildRefused, partitions_of, refuse_while_running
from shared.mongo import Database, connect


@dataclass(frozen=True, slots=True)
class Span:
    """The offsets of a partition that are still in Kafka."""

    beginning: int
    end: int


async def rebuild(settings: MetricsSettings, accept_loss: bool = False) -> dict[TopicPartition, Span]:
    """Returns what will be read again, by partition. Raises `RebuildRefused`.

    The offsets go back first: a crash in between leaves a full inbox, which drops what it has seen.
    """
    spans = await _reset_offsets(settings, accept_loss)
    client = connect(settings.mongo_url)
    try:
        database = Database(client, f"{settings.database_prefix}metrics")
        await database.drop()
        figures = Figures(database, settings.instance, settings.history_days)
        await figures.mark_rebuild({f"{GROUP}/{p.topic}/{p.partition}": span.end for p, span in spans.items()})
    finally:
        client.close()
    return spans


async def _reset_offsets(settings: MetricsSettings, accept_loss: bool) -> dict[TopicPartition, Span]:
    group = settings.group_prefix + GROUP
    access = {"bootstrap_servers": settings.kafka_bootstrap_servers, **KafkaSecurity.of(settings).options()}
    admin = AIOKafkaAdminClient(**access)
    await admin.start()
    try:
        await refuse_while_running(admin, group, settings.group_session_s)
        partitions = await partitions_of(admin, [settings.topic_prefix + t.name for t in SOURCES])
    finally:
        await admin.close()
    consumer = AIOKafkaConsumer(**access, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        beginnings = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        spans = {p: Span(beginnings[p], ends[p]) for p in partitions}
        if not accept_loss:
            _refuse_loss(spans)
        consumer.assign(partitions)
        await consumer.commit({p: span.beginning for p, span in spans.items()})
        return spans
    finally:
        await consumer.stop()


def _refuse_loss(spans: Mapping[TopicPartition, Span]) -> None:
    gone = [f"{p.topic}/{p.partition}: {span.beginning}" for p, span in spans.items() if span.beginning > 0]
    if gone:
        raise RebuildRefused(
            "Retention has removed records that would no longer be counted "
            f"({'; '.join(gone)}). Give --accept-loss to rebuild from what is left."
        )


def main(
    accept_loss: Annotated[bool, typer.Option(help="rebuild although retention has removed records")] = False,
) -> None:
    """Drop the figures, set the group back to the beginning, and say what the service will read again."""
    settings = MetricsSettings()
    try:
        spans = asyncio.run(rebuild(settings, accept_loss))
    except RebuildRefused as refused:
        typer.echo(f"Nothing was changed. {refused}", err=True)
        raise typer.Exit(1) from refused
    records = sum(span.end - span.beginning for span in spans.values())
    typer.echo(f"Dropped the database {settings.database_prefix}metrics.")
    typer.echo(f"Set group {settings.group_prefix}{GROUP} back on {len(spans)} partitions.")
    typer.echo(f"Start the metrics service: it counts about {records} records, then shows its figures again.")


if __name__ == "__main__":
    typer.run(main)

"""`python -m services.intake.bulk FILE.csv|FILE.jsonl`: scans of a file into the gateway's topic.

May be broken off and run again: a line's id follows from its content, so what was sent already changes nothing.
"""

import asyncio
import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import orjson
import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from services.intake.bulk_lines import COLUMNS, Refused, record_of_json, record_of_row
from shared.kafka_security import KafkaSecurity
from shared.messaging.message import Outgoing
from shared.messaging.publisher import Publisher, PublishFailed
from shared.settings import KafkaSettings

if TYPE_CHECKING:
    import _csv

BATCH = 500
MAX_LINE = 1_000_000
ATTEMPTS = 5
REFUSED_LINES, BROKEN_OFF, UNUSABLE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line by its number (from 1), what came of it, and how far into the file it reaches."""

    number: int
    outcome: Outgoing | Refused
    end: int


class Unusable(Exception):
    """The file is neither CSV with the columns that are needed, nor JSON Lines."""


class BrokenOff(Exception):
    """Kafka does not take the lines from `line` on: run again with --start, or from the beginning."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(
            f"Kafka does not answer ({reason}; KAFKA_BOOTSTRAP_SERVERS says where it is); go on with --start {line}"
        )


def lines_of(file: IO[bytes], name: str, encoding: str, start: int, now: datetime) -> Iterator[Line]:
    """Lines from number `start` on, one at a time. Raises `Unusable`."""
    name = name.lower()
    if name.endswith((".jsonl", ".ndjson")):
        return _json_lines(file, start, now)
    if name.endswith(".csv"):
        return _csv_lines(file, encoding, start, now)
    raise Unusable(f"{name}: end it in .csv or .jsonl")


def _json_lines(file: IO[bytes], start: int, now: datetime) -> Iterator[Line]:
    for number, line in enumerate(_pieces(file), 1):
        if number < start or not line.strip():
            continue
        outcome = record_of_json(line, now) if len(line) <= MAX_LINE else Refused((f"longer than {MAX_LINE} bytes",))
        yield Line(number, outcome, file.tell())


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Lines, of which one that is too long is cut, and its rest passed over: memory stays bounded."""
    while line := file.readline(MAX_LINE + 1):
        yield line
        while len(line) > MAX_LINE and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE + 1)


def _csv_lines(file: IO[bytes], encoding: str, start: int, now: datetime) -> Iterator[Line]:
    rows = csv.reader(piece.decode(encoding, "surrogateescape") for piece in _pieces(file))
    header = next(_rows(rows), (0, []))[1]
    columns = [cell.removeprefix("\ufeff").strip() for cell in header or []]
    missing = [name for name in ("tracking_number", "node", "occurred_at") if name not in columns]
    if missing:
        raise Unusable(f"the first line must name the columns; missing: {', '.join(missing)} (of {', '.join(COLUMNS)})")
    for number, cells in _rows(rows):
        if number < start or not (cells is None or any(cell.strip() for cell in cells)):
            continue
        yield Line(number, _of_cells(columns, cells, now), file.tell())


def _rows(rows: "_csv.Reader") -> Iterator[tuple[int, list[str] | None]]:
    """Rows with the number of the line that they end in; None where one can't be read."""
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield rows.line_num, None
        else:
            yield rows.line_num, cells


def _of_cells(columns: list[str], cells: list[str] | None, now: datetime) -> Outgoing | Refused:
    if cells is None:
        return Refused(("not a row of CSV",))
    row: dict[str | None, object] = dict(zip(columns, cells, strict=False))
    if len(cells) > len(columns):
        row[None] = cells[len(columns) :]
    return record_of_row(row, now)


@dataclass
class Tally:
    sent: int = 0
    refused: int = 0


async def send(lines: Iterator[Line], publisher: Publisher, rejects: IO[bytes], progress: Progress) -> Tally:
    """Raises `BrokenOff`. `rejects` gets one JSON line for each that was refused: its number and why."""
    tally, batch, first, end = Tally(), [], 0, 0
    task = progress.task_ids[0]
    for line in lines:
        end = line.end
        if isinstance(line.outcome, Refused):
            tally.refused += 1
            rejects.write(orjson.dumps({"line": line.number, "errors": line.outcome.errors}) + b"\n")
            continue
        first = first or line.number
        batch.append(line.outcome)
        if len(batch) == BATCH:
            await _publish(publisher, batch, first)
            tally.sent += len(batch)
            progress.update(task, completed=end)
            batch, first = [], 0
    await _publish(publisher, batch, first)
    tally.sent += len(batch)
    progress.update(task, completed=end)
    return tally


async def _publish(publisher: Publisher, batch: list[Outgoing], first: int) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await publisher.publish(batch)
        except PublishFailed as error:
            if attempt == ATTEMPTS:
                raise BrokenOff(first, type(error.__cause__).__name__) from error
            await asyncio.sleep(min(5.0, 0.5 * 2**attempt))
        else:
            return


async def run(file: Path, encoding: str, start: int, rejects: Path, console: Console) -> Tally:
    """Raises `Unusable`, `BrokenOff`."""
    settings = KafkaSettings()
    publisher = Publisher(
        settings.kafka_bootstrap_servers, settings.topic_prefix, "parcelcare-bulk", security=KafkaSecurity.of(settings)
    )
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=console
    )
    try:
        await publisher.start()
    except KafkaError as error:
        raise BrokenOff(start, type(error).__name__) from error
    try:
        with file.open("rb") as source, rejects.open("wb") as refused, progress:
            progress.add_task(file.name, total=max(1, source.seek(0, 2)))
            source.seek(0)
            return await send(
                lines_of(source, file.name, encoding, start, datetime.now(UTC)), publisher, refused, progress
            )
    finally:
        await publisher.stop()


def main(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="scans: .csv with a header, or .jsonl")],
    encoding: Annotated[str, typer.Option(help="of a .csv: utf-8, or gb18030 as Excel writes it in China")] = "utf-8",
    start: Annotated[int, typer.Option(min=1, help="go on with this line")] = 1,
    rejects: Annotated[Path | None, typer.Option(help="where refused lines are listed")] = None,
) -> None:
    """Publish every line as a scan; list what can't be read, with its line number. 1: some lines were refused."""
    console = Console(stderr=True)
    refused = rejects or file.with_name(f"{file.name}.rejects.jsonl")
    try:
        tally = asyncio.run(run(file, encoding, start, refused, console))
    except (Unusable, LookupError) as error:
        console.print(str(error), highlight=False)
        raise typer.Exit(UNUSABLE) from error
    except BrokenOff as error:
        console.print(str(error), highlight=False)
        raise typer.Exit(BROKEN_OFF) from error
    console.print(f"已发送 / sent: {tally.sent}   拒收 / refused: {tally.refused}", highlight=False)
    if tally.refused:
        console.print(f"{refused}", highlight=False)
        sys.exit(REFUSED_LINES)
    refused.unlink()


if __name__ == "__main__":
    typer.run(main)

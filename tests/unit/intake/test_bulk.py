"""Files of scans: what goes out, what is refused with its line, and going on after a break (IN-2, IN-6, IN-8)."""

import asyncio
import json
from collections.abc import Sequence
from io import BytesIO, StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.progress import Progress

from services.intake import bulk
from services.intake.bulk import BATCH, BrokenOff, Line, Tally, Unusable, lines_of
from services.intake.bulk_lines import Refused, record_of_json
from services.intake.stream import parcels_parser
from shared.messaging.message import Incoming, Outgoing
from shared.messaging.publisher import Publisher, PublishFailed
from tests.unit.intake.given import GATEWAYS, IDENTITY, NOW
from tests.unit.intake.records import record_of

pytestmark = pytest.mark.req("IN-2")
SCAN = {"tracking_number": "SF1234567890123", "node": "hub_in", "occurred_at": "2026-11-20T15:00:00+08:00"}
HEADER = "tracking_number,carrier,node,occurred_at,place\n"
ROW = "sf1234567890123,shunfeng,hub_in,2026-11-20T15:00:00+08:00,杭州\n"


class Kafka(Publisher):
    """Takes so many batches, then none."""

    def __init__(self, batches: int = 1000) -> None:
        super().__init__("nowhere:9092")
        self.taken: list[Outgoing] = []
        self.batches = batches

    async def publish(self, messages: Sequence[Outgoing], partition: int | None = None) -> None:
        if messages and self.batches == 0:
            raise PublishFailed("away")
        self.batches -= bool(messages)
        self.taken += messages


def read(content: bytes, name: str = "scans.jsonl", encoding: str = "utf-8", start: int = 1) -> list[Line]:
    return list(lines_of(BytesIO(content), name, encoding, start, NOW))


def jsonl(*rows: object) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def sent(lines: list[Line]) -> list[Outgoing]:
    return [line.outcome for line in lines if isinstance(line.outcome, Outgoing)]


def refused(lines: list[Line]) -> list[int]:
    return [line.number for line in lines if isinstance(line.outcome, Refused)]


def run(content: bytes, kafka: Kafka, start: int = 1) -> tuple[Tally, list[dict[str, object]]]:
    rejects, progress = BytesIO(), Progress(console=Console(file=StringIO()))
    progress.add_task("file", total=len(content))
    tally = asyncio.run(bulk.send(iter(read(content, start=start)), kafka, rejects, progress))
    return tally, [json.loads(line) for line in rejects.getvalue().splitlines()]


def test_what_goes_out_is_what_the_gateway_reads() -> None:
    (message,) = sent(read((HEADER + ROW).encode(), "scans.csv"))
    parsed = parcels_parser(GATEWAYS["parcels-topic"], "g", IDENTITY)(record_of(message))
    assert isinstance(parsed, Incoming)
    scan = parsed.event.data
    assert (scan.tracking_number, scan.carrier, scan.place) == ("SF1234567890123", "shunfeng", "杭州")
    assert message.key == "SF1234567890123"


def test_a_shipment_goes_out_as_it_came() -> None:
    consignee = {"name": "李雷", "phone": "13800138000"}
    row = SCAN | {"shipment": {"freight_fen": 1200, "consignee": consignee}}
    (message,) = sent(read(jsonl(row)))
    assert json.loads(message.value)["shipment"]["consignee"] == consignee


@pytest.mark.req("IN-7")
def test_a_carrier_that_is_not_said_is_that_of_the_number() -> None:
    (known, unknown) = sent(read(jsonl(SCAN, SCAN | {"tracking_number": "1234567890"})))
    assert json.loads(known.value)["carrier"] == "shunfeng"
    assert json.loads(unknown.value)["carrier"] == "unknown"


@pytest.mark.req("IN-6")
def test_a_lines_id_follows_from_its_content() -> None:
    turned = dict(reversed(SCAN.items()))
    first, again, other = sent(read(jsonl(SCAN, turned, SCAN | {"place": "杭州"})))
    assert first.id == again.id != other.id


@pytest.mark.req("IN-8")
def test_refused_lines_are_named_with_field_and_reason_but_no_value() -> None:
    content = jsonl(SCAN, SCAN | {"node": "moon"}) + b"\nnot json\n[]\n" + jsonl(SCAN | {"occurred_at": "x"}, SCAN)
    tally, rejects = run(content, Kafka())
    assert (tally.sent, tally.refused) == (2, 4)
    assert [r["line"] for r in rejects] == [2, 4, 5, 6]
    assert "node" in str(rejects[0]["errors"])
    assert "moon" not in str(rejects)


@pytest.mark.req("IN-8")
def test_csv_with_wrong_rows() -> None:
    long = "x" * 140_000
    content = HEADER + ROW + "only,two\n" + ROW[:-1] + ",more,cells\n" + f"{long}\n" + "\n" + ROW
    lines = read(content.encode(), "scans.csv")
    assert (refused(lines), [line.number for line in lines][-1]) == ([3, 4, 5], 7)
    assert len(sent(lines)) == 2


@pytest.mark.req("IN-8")
def test_csv_as_excel_writes_it() -> None:
    with_bom = read(("\ufeff" + HEADER + ROW).encode(), "scans.csv")
    in_gbk = read((HEADER + ROW).encode("gb18030"), "scans.csv", "gb18030")
    assert [m.id for m in sent(with_bom)] == [m.id for m in sent(in_gbk)]
    (misread,) = read((HEADER + ROW).encode("gb18030"), "SCANS.CSV")
    assert isinstance(misread.outcome, Refused)
    assert "--encoding gb18030" in misread.outcome.errors[0]


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(("content", "name"), [(b"a,b\n1,2\n", "x.csv"), (b"", "x.csv"), (b"", "x.xlsx")])
def test_a_file_that_is_no_list_of_scans_is_told(content: bytes, name: str) -> None:
    with pytest.raises(Unusable):
        read(content, name)


@pytest.mark.req("IN-6")
def test_after_a_break_the_rest_goes_out_and_nothing_twice_under_another_id(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_: float) -> None:
        return

    monkeypatch.setattr(bulk.asyncio, "sleep", at_once)
    rows = [SCAN | {"place": str(n)} for n in range(3 * BATCH)]
    broken = Kafka(batches=1)
    with pytest.raises(BrokenOff, match=f"--start {BATCH + 1}"):
        run(jsonl(*rows), broken)
    rest = Kafka()
    tally, _ = run(jsonl(*rows), rest, start=BATCH + 1)
    assert (len(broken.taken), tally.sent) == (BATCH, 2 * BATCH)
    whole = Kafka()
    run(jsonl(*rows), whole)
    assert [m.id for m in broken.taken + rest.taken] == [m.id for m in whole.taken]


@pytest.mark.req("IN-8")
def test_a_line_without_end_is_refused_in_bounded_memory() -> None:
    lines = read(b"x" * (3 * bulk.MAX_LINE) + b"\n" + jsonl(SCAN))
    assert (refused(lines), len(sent(lines))) == ([1], 1)


@pytest.mark.req("IN-8")
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_sent(content: bytes) -> None:
    for name in ("a.jsonl", "a.csv"):
        try:
            lines = read(HEADER.encode() + content if name == "a.csv" else content, name)
        except Unusable:
            continue
        assert all(isinstance(line.outcome, Outgoing | Refused) for line in lines)


VALUES = st.none() | st.text() | st.integers() | st.lists(st.text())


@given(st.dictionaries(st.sampled_from([*SCAN, "signer", "shipment"]), VALUES))
def test_any_object_is_refused_or_sent(row: dict[str, object]) -> None:
    assert isinstance(record_of_json(json.dumps(SCAN | row).encode(), NOW), Outgoing | Refused)

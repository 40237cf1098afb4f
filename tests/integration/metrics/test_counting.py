"""The indicators against a real Kafka and MongoDB: once per event, through kills, and by two processes (ME-1)."""

import signal
from typing import Any

import pytest

from shared.contracts import topics
from shared.contracts.base import Contract
from shared.messaging.deadletter import Origin, dead_letter
from shared.security.tokens import Role
from tests.integration.metrics.harness import Bench, Process, figures
from tests.integration.polling import poll
from tests.unit.metrics import events

pytestmark = pytest.mark.req("ME-1")

LABELS = {"channel": "web", "kind": "complaint", "tag": "delay", "origin": "contact"}
OPENED = "parcelcare_cases_opened_total"


def many(count: int) -> list[Contract]:
    """So many cases, each from opening to closing."""
    return [event for _ in range(count) for event in events.case_life()]


async def test_an_event_counts_once_however_often_it_comes(bench: Bench) -> None:
    process = await bench.start()
    everything = events.everything()
    await bench.send(everything)
    await bench.until(process, OPENED, 1, **LABELS)
    await bench.send(everything, again=True)
    await bench.send([events.exception_raised("jd")])
    raised = {"kind": "delay", "node": "hub_in"}
    samples = await bench.until(process, "parcelcare_parcel_exceptions_raised_total", 1, carrier="jd", **raised)
    await bench.until(process, "parcelcare_kafka_lag_records", 0, group="metrics", topic="notices.v1")
    samples = await process.samples()
    assert samples["parcelcare_parcel_exceptions_raised_total", frozenset({"carrier": "sf", **raised}.items())] == 1
    assert samples["parcelcare_payout_fen_total", frozenset({("kind", "loss")})] == 12_345
    assert samples[OPENED, frozenset(LABELS.items())] == 1


@pytest.mark.req("SY-2")
async def test_a_killed_process_loses_and_doubles_nothing(bench: Bench) -> None:
    process = await bench.start(BATCH_RECORDS="20")
    for n in range(10):
        await bench.send(many(10), key=f"k{n}")
    await poll(lambda: _counted(process, 1), 30)
    await process.end(signal.SIGKILL)
    for n in range(10):
        await bench.send(many(5), key=f"k{n}")
    again = await bench.start(BATCH_RECORDS="20", INSTANCE="metrics-0")
    samples = await bench.until(again, OPENED, 150, **LABELS)
    assert samples["parcelcare_cases_closed_total", frozenset(_closed().items())] == 150


async def test_two_processes_share_the_work_and_show_the_same(bench: Bench) -> None:
    first, second = await bench.start(BATCH_RECORDS="20"), await bench.start(BATCH_RECORDS="20")
    for n in range(20):
        await bench.send(many(5), key=f"k{n}")
    name, closed = "parcelcare_cases_closed_total", _closed()
    one = await bench.until(first, name, 100, **closed)
    two = await bench.until(second, name, 100, **closed)
    assert figures(one) == figures(two)
    shares = [await _consumed(p) for p in (first, second)]
    assert min(shares) > 0
    assert sum(shares) >= 600


async def test_totals_survive_settling(bench: Bench) -> None:
    """A process that settles every tenth of a second while another writes."""
    first, second = await bench.start(SETTLE_S="0.1"), await bench.start(SETTLE_S="0.1")
    for n in range(30):
        await bench.send(many(3), key=f"k{n}")
    samples = await bench.until(first, "parcelcare_cases_closed_total", 90, **_closed())
    assert samples[OPENED, frozenset(LABELS.items())] == 90
    await bench.until(second, "parcelcare_cases_closed_total", 90, **_closed())


async def test_figures_as_json_for_those_who_may_see_them(bench: Bench) -> None:
    process = await bench.start()
    await bench.send(events.everything())
    await bench.until(process, OPENED, 1, **LABELS)
    assert (await process.read("/v1/indicators")).status_code == 401
    assert (await process.read("/v1/indicators", bench.token(Role.AGENT))).status_code == 403
    answer = await process.read("/v1/indicators", bench.token())
    assert answer.status_code == 200
    assert _of(answer.json(), "contacts")["total"] == 2
    early = "/v1/indicators?start=2026-11-22T08:00:00Z&end=2026-11-22T09:00:00Z"
    assert _of((await process.read(early, bench.token())).json(), "contacts")["total"] == 1
    for span, title in [("start=yesterday", "Not a time"), ("start=2026-11-22T09:00:00", "Not a time")]:
        problem = await process.read(f"/v1/indicators?{span}", bench.token())
        assert (problem.status_code, problem.json()["title"]) == (400, title)
    reverse = "/v1/indicators?start=2026-11-22T09:00:00Z&end=2026-11-22T09:00:00Z"
    assert (await process.read(reverse, bench.token())).status_code == 400


@pytest.mark.req("SY-3")
async def test_dead_letters_and_lag_of_other_groups(bench: Bench) -> None:
    process = await bench.start()
    origin = Origin("cases.v1", 0, 7, b"k", b"{", ())
    letter = dead_letter(origin, group="routing", reason="case: missing", source="routing", now=events.START)
    await bench.send_raw(topics.DEAD_LETTERS, letter.value, letter.headers(), letter.key.encode())
    labels = {"group": "routing", "reason": "schema"}
    await bench.until(process, "parcelcare_dead_letters", 1, **labels)
    await bench.send_raw(topics.DEAD_LETTERS, None, [], letter.key.encode())

    async def gone() -> bool:
        return ("parcelcare_dead_letters", frozenset(labels.items())) not in await process.samples()

    await poll(gone)
    await process.end()
    await bench.send(many(3))
    again = await bench.start(INSTANCE="metrics-0")
    await bench.until(again, "parcelcare_kafka_lag_records", 0, group="metrics", topic="cases.v1")


async def _counted(process: Process, least: float) -> bool:
    return (await process.samples()).get((OPENED, frozenset(LABELS.items())), 0) >= least


async def _consumed(process: Process) -> float:
    samples = await process.samples()
    return sum(value for (name, _), value in samples.items() if name == "parcelcare_consumed_records_total")


def _closed() -> dict[str, str]:
    return {"channel": "web", "kind": "complaint", "origin": "contact", "first_contact": "no"}


def _of(body: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(i for i in body["indicators"] if i["name"] == name)
    return found

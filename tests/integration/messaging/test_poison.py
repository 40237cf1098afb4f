"""Poison of every kind, parking under an aggregate, and the limit that stops a bad deploy (SY-3)."""

import asyncio
import json
from pathlib import Path

import pytest

from shared.contracts.topics import DEAD_LETTERS, MAX_EVENT_BYTES
from tests.integration.messaging.harness import NOW, Bench, headers
from tests.integration.messaging.tally import AMOUNT
from tests.integration.polling import poll

GOOD = json.dumps({"amount": 1}).encode()
POISON: dict[str, tuple[bytes | None, list[tuple[str, bytes | None]]]] = {
    "not JSON": (b"{amount", headers("p1")),
    "wrong type": (b'{"amount": "many"}', headers("p2")),
    "missing field": (b"{}", headers("p3")),
    "None value": (None, headers("p4")),
    "non-UTF-8 header": (GOOD, [*headers("p5"), ("x", b"\xff\xfe")]),
    "oversize": (b'{"amount": 1, "x": "' + b"x" * MAX_EVENT_BYTES + b'"}', headers("p6")),
    "no id": (GOOD, [("ce_type", AMOUNT.encode()), ("ce_time", NOW.isoformat().encode())]),
    "bad time": (GOOD, [*headers("p8")[:3], ("ce_time", b"yesterday")]),
}


@pytest.mark.req("SY-3", "IN-8")
async def test_every_kind_of_poison_is_a_dead_letter_and_its_neighbours_are_processed(bench: Bench) -> None:
    for n, (value, head) in enumerate(POISON.values()):
        await bench.send([(f"a{n}", "account", {"amount": 1})])
        await bench.send_raw([("account", value, head)])
    await bench.send([("last", "account", {"amount": 1})])
    await bench.start()
    await bench.drained()
    assert (await bench.accounts())["account"]["total"] == len(POISON) + 1
    letters = await bench.read(DEAD_LETTERS.name)
    assert len(letters) == len(POISON)
    by_bytes = {(letter.value, dict(letter.headers).get("dl_null_value")): dict(letter.headers) for letter in letters}
    for value, _ in POISON.values():
        found = by_bytes[value or b"", b"1" if value is None else None]
        assert found["dl_reason"]
        assert found["dl_topic"].decode().endswith("amounts.v1")
        assert int(found["dl_offset"]) >= 0


@pytest.mark.req("SY-3")
async def test_a_record_that_always_fails_is_tried_so_often_and_then_a_dead_letter(bench: Bench) -> None:
    sick = [("x1", "sick", {"amount": 1, "fail": "bug"}), ("x2", "sick", {"amount": 5})]
    await bench.send([*sick, ("h", "well", {"amount": 2})])
    await bench.start()

    async def buried() -> bool:
        return len(await bench.read(DEAD_LETTERS.name)) == 1

    await poll(buried, 40, pause=0.5)

    async def rest_done() -> bool:
        accounts = await bench.accounts()
        return accounts.get("sick", {}).get("total") == 5 and accounts["well"]["total"] == 2

    await poll(rest_done, 20)
    (letter,) = await bench.read(DEAD_LETTERS.name)
    assert b"ZeroDivisionError" in dict(letter.headers)["dl_reason"]


@pytest.mark.req("SY-3")
async def test_a_passing_failure_parks_one_customer_in_order_while_others_flow(bench: Bench, tmp_path: Path) -> None:
    down = tmp_path / "provider-down"
    down.touch()
    await bench.send(
        [(f"s{n}", "slow", {"amount": n, "fail": "provider"}) for n in range(1, 6)]
        + [(f"q{n}", f"quick-{n}", {"amount": 1}) for n in range(30)]
    )
    await bench.start(PROVIDER_DOWN=str(down))
    await bench.drained()
    await bench.send([("s6", "slow", {"amount": 6}), ("q30", "quick-0", {"amount": 1})])
    await bench.drained()
    accounts = await bench.accounts()
    assert "slow" not in accounts
    assert accounts["quick-0"]["total"] == 2
    down.unlink()

    async def all_there() -> bool:
        return (await bench.accounts()).get("slow", {}).get("total") == 21

    await poll(all_there, 20)
    assert (await bench.accounts())["slow"]["log"] == [1, 2, 3, 4, 5, 6]


@pytest.mark.req("SY-3")
async def test_input_that_is_all_bad_stops_the_consumer_at_the_limit_and_says_so(bench: Bench) -> None:
    await bench.send_raw([("account", b"garbage", headers(f"g{n}")) for n in range(1500)])
    process = await bench.start()

    async def stopped() -> bool:
        try:
            return bool((await process.health())["parts"]["tally"]["status"] == "stopped")
        except Exception:
            return False

    await poll(stopped, 30)
    assert "dead letters" in (await process.health())["parts"]["tally"]["detail"]
    assert "consumer_stopped" in process.log.read_text()
    assert len(await bench.read(DEAD_LETTERS.name)) < 300
    assert await bench.lag() > 1000


@pytest.mark.req("SY-2", "SY-6")
async def test_the_watchdog_ends_a_process_whose_coordinator_died(bench: Bench) -> None:
    process = await bench.start(BREAK_COORDINATOR="1")
    await asyncio.wait_for(process.child.wait(), 40)
    assert process.child.returncode == 70
    assert "coordination task ended" in process.log.read_text()

"""Each signature vector through the running service by HTTP: taken or refused as it says, and then in Kafka (IN-8)."""

import json
from collections import Counter
from typing import Any

import httpx
import pytest

from shared.contracts.topics import RAW
from tests.integration.intake.harness import Bench
from tests.integration.intake.outside import Outside, opened
from tests.integration.intake.shared_vectors import Case, cases_of, forged
from tests.unit.intake.given import SHARED_DATA

FILE = SHARED_DATA / "signatures" / "vectors_dev.jsonl"
REFUSED = 401


def vectors() -> list[dict[str, Any]]:
    return [json.loads(line) for line in FILE.read_text().splitlines()]


async def judged(outside: Outside, door: str, case: Case, valid: bool, tally: Counter[str]) -> list[str]:
    """What is wrong with the answers to the vector, to its forgeries, and to its replay today."""
    wrong: list[str] = []

    def expect(what: str, answer: httpx.Response, status: int) -> None:
        tally["accepted" if answer.status_code != REFUSED else "refused"] += 1
        if answer.status_code != status:
            tally["wrong"] += 1
            wrong.append(f"{case.name} {what}: {answer.status_code} instead of {status}: {answer.text[:200]}")

    good = await outside.send(door, case.request, case.at)
    expect("as it came", good, case.status if valid else REFUSED)
    if valid and case.echo is not None and good.text != case.echo:
        wrong.append(f"{case.name}: another word came back: {good.text[:80]}")
    for number, request in enumerate(forged(case)):
        expect(f"forged {number}", await outside.send(door, request, case.at), REFUSED)
    if case.at is not None:
        expect("years later", await outside.send(door, case.request), REFUSED)
    return wrong


@pytest.mark.req("IN-1", "IN-2", "IN-8")
@pytest.mark.skipif(not FILE.exists(), reason="the shared data is not here; test_own_signatures has one of each kind")
async def test_every_vector_is_taken_or_refused_as_it_says(bench: Bench) -> None:
    rows = vectors()
    cases = {f"v{n}x{m}": (v, case) for n, v in enumerate(rows) for m, case in enumerate(cases_of(v))}
    outside = await opened(bench, {door: case.door for door, (_, case) in cases.items()})
    tallies: dict[str, Counter[str]] = {}
    wrong: list[str] = []
    for door, (vector, case) in cases.items():
        assert list(forged(case)), f"{case.name} has no signature to forge"
        wrong += await judged(outside, door, case, vector["valid"], tallies.setdefault(case.door.kind, Counter()))
    for kind, tally in sorted(tallies.items()):
        print(kind, *(f"{name} {tally[name]}" for name in ("accepted", "refused", "wrong")))  # noqa: T201 - seen with -s
    assert wrong == []
    kept = {dict(r.headers)["ce_source"].decode().removeprefix("intake/") for r in await bench.records(RAW)}
    assert kept == {door for door, (vector, case) in cases.items() if vector["valid"] and case.stored}

"""The end of the day: waits as long as something moves, gives up where nothing does, judges again before it says no."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo import ending
from demo.crew import HTTP
from demo.ledger import Ledger
from demo.seen.observations import Observations
from shared.http_client import HttpClient, HttpFailure
from tools.stack import StackInfo
from tools.stack.stack_file import HttpAddress, MailCatcherAddress

pytestmark = pytest.mark.req("SY-2")
INFO = StackInfo(
    kafka="k",
    mongo="m",
    secrets_dir=Path("/nowhere"),
    supervisor_socket=Path("/nowhere"),
    payment=HttpAddress(url="http://payment"),
    mail_catcher=MailCatcherAddress(smtp_host="h", smtp_port=1, url="http://catcher"),
    webhook_sink=HttpAddress(url="http://sink"),
)

CLIENT = HttpClient(HTTP, "test")
"""Never asked here."""


@dataclass
class Reader:
    observations: Observations
    last_record_at: float = 0.0
    caught_up: bool = True


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("LOOK_S", 0.01), ("STUCK_S", 0.3), ("LONGEST_S", 3.0), ("JUDGE_AGAIN_S", 0.3)):
        monkeypatch.setattr(ending, name, seconds)
    monkeypatch.setattr(ending, "QUIET_S", 0.05)


def lags(monkeypatch: pytest.MonkeyPatch, *answers: dict[str, int]) -> None:
    left = list(answers)

    async def lag(bootstrap: str, prefix: str) -> dict[str, int]:
        return left.pop(0) if len(left) > 1 else left[0]

    monkeypatch.setattr(ending, "lag", lag)


async def drained(reader: Reader) -> tuple[dict[str, int], list[str]]:
    told: list[str] = []
    return await ending.drained(INFO, "", reader, told.append), told  # type: ignore[arg-type]


async def test_it_waits_until_no_group_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    lags(monkeypatch, {"routing": 30}, {"routing": 12}, {"routing": 0, "claims": 0})
    behind, told = await drained(Reader(Observations()))
    assert behind == {}
    assert ["routing 30" in line for line in told[:1]] == [True]


async def test_new_records_mean_it_is_not_over(monkeypatch: pytest.MonkeyPatch) -> None:
    lags(monkeypatch, {})
    reader = Reader(Observations(), last_record_at=time.monotonic() + 0.2)
    started = time.monotonic()
    assert (await drained(reader))[0] == {}
    assert time.monotonic() - started > 0.2


async def test_where_nothing_moves_it_says_what_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    lags(monkeypatch, {"routing": 7})
    started = time.monotonic()
    assert (await drained(Reader(Observations())))[0] == {"routing": 7}
    assert time.monotonic() - started < 2.0


def providers(monkeypatch: pytest.MonkeyPatch, *failures: Exception) -> None:
    left = list(failures)

    async def statement(client: object, url: str, secrets: Path) -> list[object]:
        if left:
            raise left.pop(0)
        return []

    async def arrivals(client: object, url: str, noun: str) -> list[object]:
        return []

    monkeypatch.setattr(ending, "statement", statement)
    monkeypatch.setattr(ending, "arrivals", arrivals)


async def judged(all_arrived: bool = True) -> bool:
    reader = Reader(Observations())
    verdict = await ending.judged(INFO, CLIENT, Ledger(), reader, all_arrived)  # type: ignore[arg-type]
    return verdict.holds


async def test_a_provider_that_was_killed_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    providers(monkeypatch, HttpFailure("ConnectError"), HttpFailure("ReadTimeout"))
    assert await judged()


async def test_a_provider_that_stays_away_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    providers(monkeypatch, *[HttpFailure("ConnectError")] * 500)
    with pytest.raises(HttpFailure, match="ConnectError"):
        await judged()


@pytest.mark.parametrize("all_arrived", [True, False])
async def test_what_has_all_arrived_is_all_judged(monkeypatch: pytest.MonkeyPatch, all_arrived: bool) -> None:
    providers(monkeypatch)
    reader = Reader(Observations())
    evidence = await ending.gathered(INFO, CLIENT, Ledger(), reader, all_arrived)  # type: ignore[arg-type]
    assert evidence.settled(time.monotonic()) is all_arrived

"""A small service on the loop, for tests: counts what it is told per key, with hooks to fail and to be killed.

Run as a process: `python -m tests.integration.messaging.tally`; KILL_AT names the window in which it kills itself.
"""

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymongo import ReplaceOne
from starlette.types import ASGIApp

from shared.contracts.base import Contract
from shared.contracts.topics import Topic
from shared.messaging.handler import Conflict, Decision, Session, TransientFailure, fold
from shared.messaging.message import Incoming, outgoing
from shared.messaging.outcome import Outcome
from shared.messaging.retry import RetryPolicy
from shared.service import Runtime, serve
from shared.settings import CommonSettings


class Amount(Contract):
    amount: int
    fail: str | None = None


class Total(Contract):
    total: int


AMOUNT, TOTAL = "test.amount", "test.total"
AMOUNTS = Topic("amounts.v1", "account", {AMOUNT: Amount})
TOTALS = Topic("totals.v1", "account", {TOTAL: Total})


class TallySettings(CommonSettings):
    kill_at: str = ""
    kill_marker: Path = Path("/nonexistent")
    provider_down: Path = Path("/nonexistent")
    break_coordinator: bool = False


def kill_once(settings: TallySettings, window: str) -> None:
    """SIGKILL this process the first time it comes through `window`."""
    if settings.kill_at == window and not settings.kill_marker.exists():
        settings.kill_marker.write_text(window)
        os.kill(os.getpid(), signal.SIGKILL)


class Tally:
    """state = {_id: account, total, version}"""

    def __init__(self, runtime: Runtime, settings: TallySettings) -> None:
        self._accounts = runtime.database.collection("accounts")
        self._settings = settings
        self._runtime = runtime

    def aggregate_of(self, incoming: Incoming[Any]) -> str:
        return incoming.key

    async def __call__(self, batch: Sequence[Incoming[Any]], session: Session) -> list[Outcome]:
        kill_once(self._settings, "inside")
        rows = self._accounts.find({"_id": {"$in": [m.key for m in batch]}}, session=session)
        states = {row["_id"]: row async for row in rows}
        changed, outcomes = fold(batch, states, self.aggregate_of, lambda m, _: m.key, self._decide)
        writes = [
            ReplaceOne({"_id": key, "version": state["version"] - 1}, state, upsert=state["version"] == 1)
            for key, state in self._one_step(changed, states).items()
        ]
        if writes:
            result = await self._accounts.bulk_write(writes, session=session)
            if result.matched_count + result.upserted_count != len(writes):
                raise Conflict
        return outcomes

    def _one_step(self, changed: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        return {
            key: {**state, "version": before.get(key, {"version": 0})["version"] + 1} for key, state in changed.items()
        }

    def _decide(self, state: dict[str, Any] | None, incoming: Incoming[Amount]) -> Decision[dict[str, Any]]:
        if incoming.event.fail == "bug":
            raise ZeroDivisionError
        if incoming.event.fail == "provider" and self._settings.provider_down.exists():
            raise TransientFailure("provider is down")
        total = (state["total"] if state else 0) + incoming.event.amount
        message = outgoing(
            TOTALS, Total(total=total), type=TOTAL, key=incoming.key, cause=incoming.id, time=incoming.time, source="t"
        )
        version = state["version"] if state else 0
        log = [*(state["log"] if state else []), incoming.event.amount]
        return Decision({"_id": incoming.key, "total": total, "version": version, "log": log}, (message,))


def create_app(settings: TallySettings) -> ASGIApp:
    runtime = Runtime("tally", settings)
    policy = RetryPolicy(first_s=0.1, factor=1.5, longest_s=0.5, max_attempts=4)
    if settings.provider_down != Path("/nonexistent"):
        policy = RetryPolicy(first_s=0.1, factor=1.0, longest_s=0.2, max_attempts=1000)
    runtime.consume(AMOUNTS, group="tally", handler=Tally(runtime, settings), policy=policy)
    _install_windows(runtime, settings)
    if settings.break_coordinator:
        runtime.every("break", 0.5, lambda: _break_coordinator(runtime), leader=False)
    return runtime.app()


async def _break_coordinator(runtime: Runtime) -> None:
    """What two consumers over max_poll_interval at once do to aiokafka: its coordination task ends."""
    for subscriber, state in runtime.consumers.watched():
        if state.status == "running":
            subscriber.consumer._coordinator._coordination_task.cancel()


def _install_windows(runtime: Runtime, settings: TallySettings) -> None:
    """Kill before the transaction, when all is written in it, after it, after publishing (before the commit of
    offsets)."""
    ((_, consumer),) = runtime.consumers._subscribers
    process, publish, commit = consumer._processor.process, consumer._publish, consumer._committer._commit
    record = consumer._processor._inbox.record

    async def killing_process(batch: Any) -> Any:
        kill_once(settings, "before")
        return await process(batch)

    async def killing_record(done: Any, session: Any) -> None:
        await record(done, session)
        kill_once(settings, "before_commit_of_transaction")

    async def killing_publish(messages: Any) -> None:
        kill_once(settings, "after")
        await publish(messages)
        kill_once(settings, "published")

    async def killing_commit(kafka: Any) -> None:
        kill_once(settings, "before_commit")
        await commit(kafka)

    consumer._processor.process = killing_process  # type: ignore[method-assign]
    consumer._processor._inbox.record = killing_record  # type: ignore[method-assign]
    consumer._publish = killing_publish  # type: ignore[method-assign]
    consumer._committer._commit = killing_commit  # type: ignore[method-assign]


if __name__ == "__main__":
    serve(create_app, TallySettings)

"""A process with nothing but the parcel state in it, which kills itself in a chosen window, once.

`python -m tests.integration.routing_parcels.worker`; KILL_AT names the window, KILL_MARKER a file that tells of it.
"""

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from services.routing.parcels.wiring import attach
from shared.messaging.message import Outgoing
from shared.messaging.partition_state.batch import Change
from shared.messaging.partition_state.local import LocalState
from shared.messaging.partition_state.owner import PartitionOwner
from shared.service import Runtime, serve
from shared.settings import CommonSettings


class WorkerSettings(CommonSettings):
    kill_at: str = ""
    kill_marker: Path = Path("/nonexistent")


def create_app(settings: WorkerSettings) -> ASGIApp:
    runtime = Runtime("routing", settings)
    owner = attach(runtime, settings)
    if settings.kill_at:
        _install_windows(owner, settings)
    return runtime.app()


def _install_windows(owner: PartitionOwner, settings: WorkerSettings) -> None:
    """Around each of the four steps of a batch, and of a round of timers where the window's name says so."""
    in_timers = settings.kill_at.startswith("timer ")
    window = settings.kill_at.removeprefix("timer ")
    publish, append, write = owner._publisher.publish, owner._changelog.append, LocalState.write
    fire_round, firing = owner._fire_round, [False]

    def die(here: str, matters: bool = True) -> None:
        if here == window and matters and firing[0] == in_timers and not settings.kill_marker.exists():
            settings.kill_marker.write_text(settings.kill_at)
            os.kill(os.getpid(), signal.SIGKILL)

    async def killing_publish(messages: Sequence[Outgoing], partition: int | None = None) -> None:
        die("before outputs", bool(messages))
        await publish(messages, partition)
        die("after outputs", bool(messages))

    async def killing_append(partition: int, changes: Sequence[Change]) -> Any:
        half = len(changes) // 2
        first = await append(partition, changes[:half])
        die("half the changelog", half > 0)
        rest = await append(partition, changes[half:])
        die("after changelog")
        return [*first, *rest]

    def killing_write(self: LocalState, changes: Sequence[Change], meta: Any) -> None:
        write(self, changes, meta)
        die("after copy", bool(changes))

    async def marking_round(number: int) -> int:
        firing[0] = True
        try:
            return await fire_round(number)
        finally:
            firing[0] = False

    owner._publisher.publish = killing_publish  # type: ignore[method-assign]
    owner._changelog.append = killing_append  # type: ignore[method-assign]
    LocalState.write = killing_write  # type: ignore[method-assign]
    owner._fire_round = marking_round  # type: ignore[method-assign]


if __name__ == "__main__":
    serve(create_app, WorkerSettings)

"""Python loads this at start where PYTHONPATH names its folder: the consumer groups of KILL_WHOLE kill their process
once in each window of the loop, every other group once after its transaction. KILL_WINDOWS is the folder of the
markers (one per group and window)."""

import os
import signal
from pathlib import Path
from typing import Any

WHOLE = os.environ.get("KILL_WHOLE", "").split(",")
ELSEWHERE = "after"
"""What was stored is published by whoever reads the batch again: the window in which a group has most to lose."""


def kill_once(group: str, window: str) -> None:
    """SIGKILL, unless this group was killed in this window before (by whichever process)."""
    if group not in WHOLE and window != ELSEWHERE:
        return
    try:
        os.close(os.open(Path(os.environ["KILL_WINDOWS"]) / f"{group}.{window}", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def install() -> None:
    from shared.messaging.committer import Committer
    from shared.messaging.consume import Consumer
    from shared.messaging.transactional import TransactionalProcessor

    make, publish, commit = Consumer.__init__, Consumer._publish, Committer._commit
    in_transaction = TransactionalProcessor._in_transaction

    def making(self: Any, *args: Any, **more: Any) -> None:
        make(self, *args, **more)
        process = self._processor.process
        self._processor.group_killed = self.group

        async def processing(batch: Any) -> Any:
            if batch:
                kill_once(self.group, "before")
            processed = await process(batch)
            if batch:
                kill_once(self.group, "after")
            return processed

        self._processor.process = processing

    async def storing(self: Any, *args: Any) -> Any:
        processed = await in_transaction(self, *args)
        if processed.messages:
            kill_once(self.group_killed, "inside")
        return processed

    async def publishing(self: Any, messages: Any) -> None:
        await publish(self, messages)
        if messages:
            kill_once(self.group, "published")

    async def committing(self: Any, *args: Any) -> None:
        kill_once(self.group, "committing")
        await commit(self, *args)

    Consumer.__init__ = making  # type: ignore[method-assign]
    Consumer._publish = publishing  # type: ignore[method-assign]
    Committer._commit = committing  # type: ignore[method-assign]
    TransactionalProcessor._in_transaction = storing  # type: ignore[method-assign]


if os.environ.get("KILL_WINDOWS"):
    install()

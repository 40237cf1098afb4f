"""Processes of services under test: forked by a nursery where that is safe, started one by one elsewhere."""

import asyncio
import atexit
import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path

FORKS = sys.platform == "linux"
"""On macOS a fork that has not called exec may not use the system's libraries."""

AT_START = {"PYTHONPATH", "PYTHONHASHSEED"}
"""What an interpreter heeds only when it starts: a process that needs them is not forked."""


class Child:
    """A process that the nursery forked: what tests use of asyncio's own."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = asyncio.Event()

    def send_signal(self, number: signal.Signals) -> None:
        """Raises `ProcessLookupError` where it has ended."""
        if self.returncode is not None:
            raise ProcessLookupError(self.pid)
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def has_ended(self, code: int) -> None:
        self.returncode = code
        self._ended.set()


AnyChild = Child | asyncio.subprocess.Process


class _Nursery:
    """One for each runner, from the first start to the end of the run."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.integration.nursery"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        atexit.register(self._close)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._answers = self._process.stdin, self._process.stdout.fileno()
        self._expected: deque[asyncio.Future[Child]] = deque()
        self._children: dict[int, Child] = {}
        self._rest = b""
        asyncio.get_running_loop().add_reader(self._answers, self._hear)

    async def fork(self, module: str, environment: dict[str, str], log: Path) -> Child:
        begun: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._expected.append(begun)
        order = {"module": module, "environment": environment, "log": str(log)}
        self._orders.write(json.dumps(order).encode() + b"\n")
        self._orders.flush()
        return await asyncio.wait_for(begun, 60)

    def _hear(self) -> None:
        read = os.read(self._answers, 65_536)
        if not read:
            asyncio.get_running_loop().remove_reader(self._answers)
            while self._expected:
                self._expected.popleft().set_exception(RuntimeError("The nursery has ended: its reason is above."))
        *lines, self._rest = (self._rest + read).split(b"\n")
        for answer in map(json.loads, lines):
            if "code" in answer:
                self._children.pop(answer["pid"]).has_ended(answer["code"])
            else:
                child = self._children[answer["pid"]] = Child(answer["pid"])
                self._expected.popleft().set_result(child)

    def _close(self) -> None:
        self._orders.close()
        self._process.wait(10)


_nursery: list[_Nursery] = []


async def start(module: str, settings: Mapping[str, str], log: Path) -> AnyChild:
    """`python -m module` with these settings beside our own environment; what it says is added to the log."""
    environment = {**os.environ, **settings}
    if not FORKS or AT_START & settings.keys():
        with log.open("ab") as out:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", module, env=environment, stdout=out, stderr=out
            )
    if not _nursery:
        _nursery.append(_Nursery())
    return await _nursery[0].fork(module, environment, log)

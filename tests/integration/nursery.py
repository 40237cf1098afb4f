"""`python -m tests.integration.nursery`: has imported the services, and forks a process for each that is ordered.

A service takes two seconds of CPU to import what it needs and half of one to begin; tests start some two hundred. What
is ordered runs as by `python -m`, in an environment of its own and with a log of its own; only the order of sets of
strings is the same for all of a run (whole stacks and `make chaos` start each process by itself).
Reads orders from standard input, one JSON object a line: `module`, `environment`, `log`. Answers a line for each that
has begun (`pid`) and for each that has ended (`pid`, `code`: as of `subprocess`). At the end of its input it kills
whoever still runs, so nobody outlives the tests.
"""

import gc
import json
import os
import runpy
import selectors
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

SERVICES = ("intake", "routing", "claims", "notify", "metrics")


@dataclass(frozen=True)
class Order:
    module: str
    environment: Mapping[str, str]
    log: str

    def take_over(self) -> None:
        """In the new process, instead of everything that its parent was about to do."""
        os.environ.clear()
        os.environ.update(self.environment)
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        os.close(log)
        os.close(nothing)
        runpy.run_module(self.module, run_name="__main__", alter_sys=True)


class Nursery:
    def __init__(self) -> None:
        self._children: set[int] = set()
        self._rest = b""
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the tests, and they close our input
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)

    def serve(self) -> Order | None:
        """Returns twice: in each new process with its order, and at the end of the input with None."""
        with selectors.DefaultSelector() as selector:
            for source in (0, self._woken):
                selector.register(source, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    read = os.read(key.fd, 65_536)
                    if key.fd == self._woken:
                        self._bury()
                    elif not read:
                        return self._end()
                    elif (order := self._begin(read)) is not None:
                        return order

    def _begin(self, read: bytes) -> Order | None:
        *lines, self._rest = (self._rest + read).split(b"\n")
        for line in lines:
            order = Order(**json.loads(line))
            pid = os.fork()
            if pid == 0:
                self._leave()
                return order
            self._children.add(pid)
            _answer(pid=pid)
        return None

    def _leave(self) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.close(self._woken)
        os.close(self._wake)

    def _bury(self) -> None:
        for pid in list(self._children):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._children.remove(pid)
                _answer(pid=pid, code=os.waitstatus_to_exitcode(status))

    def _end(self) -> None:
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _answer(**said: int) -> None:
    os.write(1, json.dumps(said).encode() + b"\n")


def main() -> None:
    for service in SERVICES:
        import_module(f"services.{service}.app")
    gc.collect()
    gc.freeze()
    order = Nursery().serve()
    if order is not None:
        order.take_over()


if __name__ == "__main__":
    sys.exit(main())

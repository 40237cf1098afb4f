"""Waiting until a program is ready, and saying what its log says when it is not."""

import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from tools.stack.layout import Layout
from tools.stack.supervisor import Supervisor

Report = Callable[[str], None]
READY_SECONDS = 90.0
# A program that died this often while it was waited for will not come up by waiting longer.
HOPELESS_RESTARTS = 3


class StackError(RuntimeError):
    """Something of the stack did not come up; the message holds the end of its log."""


def is_ready(url: str) -> bool:
    """Whether the URL answers 200; never by a proxy that the environment may name."""
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=2)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def await_ready(supervisor: Supervisor, program: str, ready: Callable[[], bool], report: Report) -> None:
    """Raises StackError when the program keeps dying or READY_SECONDS are over."""
    began = time.monotonic()
    pids: set[int] = set()
    while not ready():
        state = supervisor.states()[program]
        pids |= {int(str(state["pid"]))} - {0}
        waited = time.monotonic() - began
        if state["statename"] == "FATAL" or len(pids) > HOPELESS_RESTARTS or waited > READY_SECONDS:
            raise StackError(failure(supervisor.layout, program, waited))
        time.sleep(0.1)
    report(f"{program} is ready ({time.monotonic() - began:.1f} s)")


def failure(layout: Layout, program: str, waited: float) -> str:
    log = layout.log / f"{program}.log"
    return f"{program} is not ready after {waited:.0f} s. The end of {log}:\n\n{tail(log)}"


def tail(log: Path, lines: int = 30) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"

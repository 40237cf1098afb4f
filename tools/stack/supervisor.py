"""Starts, asks and ends the supervisord of one stack, over its unix socket."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import SupervisorTransport

from tools.stack.layout import Layout
from tools.stack.programs import OWNER_VARIABLE

STOPPED_STATES = {"STOPPED", "EXITED", "FATAL", "BACKOFF", "UNKNOWN"}


def wait_until(until: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


class Supervisor:
    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def process(self) -> psutil.Process | None:
        """The supervisord of this directory; a pid that another program has by now is not taken for it."""
        try:
            process = psutil.Process(int(self.layout.supervisor_pid.read_text()))
            ours = str(self.layout.supervisor_conf) in process.cmdline()
        except (FileNotFoundError, ValueError, psutil.Error):
            return None
        return process if ours and is_alive(process) else None

    def start(self, environment: Mapping[str, str]) -> None:
        """`environment` reaches every program; it goes by inheritance, so that no secret stands in a file."""
        conf = str(self.layout.supervisor_conf)
        # Own session: Ctrl-C in the terminal must reach the command, not the stack behind it.
        started = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "supervisor.supervisord", "-c", conf],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, **environment, OWNER_VARIABLE: str(self.layout.directory)},
        )
        if not wait_until(lambda: self.answers() or started.poll() is not None, seconds=20):
            raise RuntimeError(f"supervisord does not answer at {self.layout.supervisor_socket}.")
        if started.poll() is not None and started.stderr:
            raise RuntimeError(f"supervisord ended at once:\n{started.stderr.read().decode()}")

    def call(self, method: str, *arguments: object) -> object:
        # One connection per call: a kept one would break with every restart of supervisord.
        transport = SupervisorTransport(serverurl=f"unix://{self.layout.supervisor_socket}")
        with ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)

    def answers(self) -> bool:
        try:
            return self.call("getState") is not None
        except OSError:
            return False

    def states(self) -> dict[str, dict[str, object]]:
        """Of every program: statename, pid, exitstatus, spawnerr …, as supervisord names them."""
        listed = self.call("getAllProcessInfo")
        assert isinstance(listed, list)
        return {info["name"]: info for info in listed}

    def pid(self, program: str) -> int:
        """0 when it does not run at the moment."""
        return int(str(self.states()[program]["pid"]))

    def begin(self, programs: Iterable[str]) -> None:
        for name in programs:
            self.call("startProcess", name, False)

    def end(self, programs: Iterable[str], seconds: float = 25) -> None:
        """Asks all at once, then waits for all: one slow program does not hold up the others."""
        names = list(programs)
        for name in names:
            try:
                self.call("stopProcess", name, False)
            except Fault as fault:
                if "NOT_RUNNING" not in fault.faultString:
                    raise
        wait_until(lambda: all(self.states()[name]["statename"] in STOPPED_STATES for name in names), seconds)

    def send(self, program: str, number: signal.Signals) -> None:
        self.call("signalProcess", program, str(number.value))

    def shut_down(self) -> None:
        process = self.process()
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        if not wait_until(lambda: not is_alive(process), seconds=40):
            process.kill()

    def orphans(self) -> list[psutil.Process]:
        """What this stack started and nobody supervises any more, for instance after supervisord was killed."""
        return [process for process in psutil.process_iter() if self._is_ours(process) and is_alive(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return bool(process.environ().get(OWNER_VARIABLE) == str(self.layout.directory))
        except (psutil.Error, OSError):
            return False

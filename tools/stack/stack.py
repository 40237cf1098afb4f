"""A local stack as an object: for the demo, the tests, the bench and the chaos run."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from shared.clock import Clock
from tools.stack import catalogue, readiness, stack_file, up
from tools.stack.catalogue import Plan
from tools.stack.down import end_everything
from tools.stack.layout import Layout, layout_of
from tools.stack.stack_file import ClockSetting, StackInfo
from tools.stack.supervisor import Supervisor, wait_until

MONGO_CACHE_GIGABYTES = 1.0


def silent(_: str) -> None:
    """Reports nothing."""


@dataclass(frozen=True)
class Stack:
    """`info` says where everything is; programs are named kafka, mongod, payment, intake-0, routing-1 …"""

    layout: Layout
    info: StackInfo

    @classmethod
    def up(
        cls,
        dir: Path | str | None = None,
        *,
        services: bool | Sequence[str] = True,
        simulators: bool | None = None,
        scale: Mapping[str, int] | None = None,
        clock: Clock | None = None,
        env: Mapping[str, str] | None = None,
        clean: bool = False,
        mongo_cache_gigabytes: float = MONGO_CACHE_GIGABYTES,
        report: Callable[[str], None] = silent,
    ) -> Self:
        """Kafka and MongoDB, the services named (True: all, False: none), and with them the simulators.

        `dir` is the state directory, from the project's root (default: var). `simulators` says otherwise than
        `services` does. `scale` says how many processes a service has, `env` adds variables for services and
        simulators, `clean` forgets all earlier state first. Ends an earlier stack of the same directory.
        Raises StackError.
        """
        layout = layout_of(dir)
        if clean:
            end_everything(layout)
            layout.wipe()
        planned = catalogue.planned(services, scale or {})
        plan = Plan(
            layout=layout,
            services=planned,
            simulators=bool(planned) if simulators is None else simulators,
            clock=ClockSetting.of(clock or Clock()),
            extra=dict(env or {}),
        )
        return cls(layout, up.start(plan, mongo_cache_gigabytes, report))

    @classmethod
    def attach(cls, dir: Path | str | None = None) -> Self | None:
        """The stack that runs in this directory, or None."""
        layout = layout_of(dir)
        supervisor = Supervisor(layout)
        info = stack_file.read(layout.stack_file)
        if info is None or supervisor.process() is None:
            return None
        return cls(layout, up.with_pids(info, supervisor))

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.layout)

    def refreshed(self) -> Self:
        """The same with today's pids."""
        return replace(self, info=up.with_pids(self.info, self.supervisor))

    def pid(self, program: str) -> int:
        return self.supervisor.pid(program)

    def kill(self, program: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Sends a signal. A program that ends of it is started again by supervisord."""
        self.supervisor.send(program, number)

    def stop(self, program: str) -> None:
        """Ends a program in order (TERM), and it stays down until `start`."""
        self.supervisor.end([program])

    def start(self, program: str) -> None:
        self.supervisor.begin([program])

    def restart(self, program: str) -> None:
        self.stop(program)
        self.start(program)

    def wait_ready(self, service: str, seconds: float = 60.0) -> bool:
        """Whether all instances of a service became ready in time."""
        urls = [f"{one.url}/health/ready" for one in self.info.services[service]]
        return wait_until(lambda: all(readiness.is_ready(url) for url in urls), seconds)

    def log_tail(self, program: str, lines: int = 30) -> str:
        return readiness.tail(self.layout.log / f"{program}.log", lines)

    def down(self) -> None:
        end_everything(self.layout)

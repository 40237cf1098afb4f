"""Ends exactly what `up` started for a state directory, and says nothing if there was nothing."""

from xmlrpc.client import Fault

import psutil

from tools.stack.catalogue import tier_of
from tools.stack.layout import Layout
from tools.stack.supervisor import Supervisor


def end_everything(layout: Layout) -> bool:
    """Services first, then what they use, then supervisord, then anything a killed supervisord left behind."""
    supervisor = Supervisor(layout)
    found = False
    if supervisor.process() is not None:
        found = True
        if supervisor.answers():
            _end_by_tier(supervisor)
        supervisor.shut_down()
    found |= _end_orphans(supervisor.orphans())
    layout.stack_file.unlink(missing_ok=True)
    return found


def _end_by_tier(supervisor: Supervisor) -> None:
    by_priority: dict[int, list[str]] = {}
    for name in supervisor.states():
        by_priority.setdefault(tier_of(name), []).append(name)
    for tier in sorted(by_priority, reverse=True):
        try:
            supervisor.end(by_priority[tier])
        except (OSError, Fault):
            return  # supervisord is going away already; shut_down and the orphans' end do the rest


def _end_orphans(processes: list[psutil.Process]) -> bool:
    for process in processes:
        process.terminate()
    _, stubborn = psutil.wait_procs(processes, timeout=20)
    for process in stubborn:
        process.kill()
    return bool(processes)

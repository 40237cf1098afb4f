"""Programs under supervisord: they come back when killed, and nothing of them stays when the stack goes down."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.polling import poll
from tools.stack.down import end_everything
from tools.stack.layout import Layout
from tools.stack.programs import Program, Tier, supervisor_conf
from tools.stack.readiness import StackError, await_ready
from tools.stack.supervisor import Supervisor

pytestmark = pytest.mark.req("SY-8")
STUBBORN_CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"

Start = Callable[..., Supervisor]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    layout = Layout(tmp_path)
    layout.make()

    def make(**scripts: str) -> Supervisor:
        programs = [Program(name, (sys.executable, "-c", text), Tier.SERVICES) for name, text in scripts.items()]
        layout.supervisor_conf.write_text(supervisor_conf(programs, layout))
        supervisor = Supervisor(layout)
        supervisor.start({})
        supervisor.begin(scripts)
        return supervisor

    yield make
    end_everything(layout)


def runs(supervisor: Supervisor, program: str) -> bool:
    return supervisor.states()[program]["statename"] == "RUNNING"


async def test_a_killed_program_comes_back(start: Start) -> None:
    supervisor = start(service="import time; time.sleep(600)")
    await poll(lambda: runs(supervisor, "service"))
    before = supervisor.pid("service")
    supervisor.send("service", signal.SIGKILL)
    await poll(lambda: runs(supervisor, "service") and supervisor.pid("service") != before)


async def test_down_ends_everything_and_can_be_repeated(start: Start) -> None:
    supervisor = start(one="import time; time.sleep(600)", two="import time; time.sleep(600)")
    await poll(lambda: runs(supervisor, "one") and runs(supervisor, "two"))
    assert len(supervisor.orphans()) == 3
    assert end_everything(supervisor.layout) is True
    assert supervisor.process() is None
    assert supervisor.orphans() == []
    assert end_everything(supervisor.layout) is False


async def test_down_finds_what_a_killed_supervisor_left(start: Start) -> None:
    supervisor = start(parent=STUBBORN_CHILD)
    await poll(lambda: len(supervisor.orphans()) == 3, what="supervisord, the program and its child")
    boss = supervisor.process()
    assert boss
    os.kill(boss.pid, signal.SIGKILL)
    await poll(lambda: supervisor.process() is None)
    assert len(supervisor.orphans()) == 2
    assert end_everything(supervisor.layout) is True
    assert supervisor.orphans() == []


async def test_another_programs_pid_is_not_taken_for_ours(start: Start) -> None:
    supervisor = start(service="import time; time.sleep(600)")
    pid_file = supervisor.layout.supervisor_pid
    own = pid_file.read_text()
    pid_file.write_text(str(os.getpid()))
    assert supervisor.process() is None
    pid_file.write_text(own)
    assert supervisor.process() is not None


async def test_a_program_that_cannot_start_is_reported_with_its_last_words(start: Start) -> None:
    supervisor = start(broken="print('no such rule table'); raise SystemExit(3)")
    with pytest.raises(StackError, match=r"(?s)broken is not ready.*no such rule table"):
        await_ready(supervisor, "broken", lambda: False, print)

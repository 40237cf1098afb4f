"""Brings a local stack up, in order: Kafka and MongoDB, topics, simulators, services; each waited for."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tools import secret_files
from tools.stack import catalogue, infrastructure, stack_file
from tools.stack.catalogue import Plan
from tools.stack.down import end_everything
from tools.stack.infrastructure import Infrastructure
from tools.stack.layout import ROOT, VAR
from tools.stack.ports import PortBook
from tools.stack.programs import Program, Tier, supervisor_conf
from tools.stack.readiness import Report, StackError, await_ready, is_ready
from tools.stack.stack_file import StackInfo
from tools.stack.supervisor import Supervisor


def start(plan: Plan, mongo_cache_gigabytes: float, report: Report) -> StackInfo:
    """Raises StackError, with everything ended again, when a part does not become ready."""
    layout = plan.layout
    end_everything(layout)
    layout.make()
    secret_files.ensure(layout.secrets)
    preferred = catalogue.PREFERRED_PORTS if layout.directory == VAR else {}
    ports = PortBook(layout.ports_file, preferred).assign([*infrastructure.port_names(), *plan.port_names])
    ground = infrastructure.prepare(layout, ports, mongo_cache_gigabytes)
    info = catalogue.addresses(plan, ports, ground.kafka, ground.mongo)
    programs = [*ground.programs, *catalogue.programs(plan, ports)]
    layout.supervisor_conf.write_text(supervisor_conf(programs, layout))
    supervisor = Supervisor(layout)
    try:
        supervisor.start(catalogue.common_environment(plan, info))
        # The simulators need neither Kafka nor MongoDB: they start meanwhile.
        supervisor.begin(program.name for program in programs if program.tier is not Tier.SERVICES)
        _await_ground(supervisor, ground, report)
        if plan.services:
            _ensure_topics(info.kafka, plan)
        supervisor.begin(program.name for program in programs if program.tier is Tier.SERVICES)
        _await_programs(supervisor, programs, report)
    except BaseException:
        end_everything(layout)
        raise
    info = with_pids(info, supervisor)
    stack_file.write(info, layout.stack_file)
    return info


def _await_ground(supervisor: Supervisor, ground: Infrastructure, report: Report) -> None:
    with ThreadPoolExecutor() as pool:
        waits = [
            pool.submit(await_ready, supervisor, program, ready, report) for program, ready in ground.readiness.items()
        ]
    for wait in waits:
        wait.result()


def _ensure_topics(bootstrap: str, plan: Plan) -> None:
    environment = {**os.environ, **plan.extra, "KAFKA_BOOTSTRAP_SERVERS": bootstrap}
    command = [sys.executable, "-m", "shared.topics", "ensure"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"The topics could not be made:\n{(done.stdout + done.stderr)[-2000:]}")


def _await_programs(supervisor: Supervisor, programs: Sequence[Program], report: Report) -> None:
    for program in programs:
        if program.ready_url:
            await_ready(supervisor, program.name, partial(is_ready, program.ready_url), report)


def with_pids(info: StackInfo, supervisor: Supervisor) -> StackInfo:
    states = supervisor.states()
    services = {
        name: tuple(one.model_copy(update={"pid": int(str(states[one.instance]["pid"]))}) for one in instances)
        for name, instances in info.services.items()
    }
    return info.model_copy(update={"services": services})

"""The five services and the simulators: which programs a stack has, on which ports, with which environment."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.stack.layout import ROOT, VAR, Layout
from tools.stack.ports import LOOPBACK
from tools.stack.programs import Program, Tier
from tools.stack.stack_file import (
    ClockSetting,
    HttpAddress,
    MailCatcherAddress,
    ServiceInstance,
    SmtpAddress,
    StackInfo,
)

SERVICES = ("intake", "routing", "claims", "notify", "metrics")
SIMULATORS = ("payment", "mailcatcher", "webhooksink", "mediahost")
# The addresses a person meets stay the same from day to day where they can.
PREFERRED_PORTS = {
    "kafka": 29092,
    "kafka-controller": 29093,
    "mongod": 27027,
    "intake-0": 28001,
    "intake-0-smtp": 28025,
    "routing-0": 28002,
    "claims-0": 28003,
    "notify-0": 28004,
    "metrics-0": 28005,
    "payment": 28011,
    "mailcatcher": 28012,
    "mailcatcher-smtp": 28026,
    "webhooksink": 28013,
    "mediahost": 28014,
}

PATIENT = ("notify", "metrics", "claims", "intake")


def tier_of(program: str) -> Tier:
    if program in ("kafka", "mongod"):
        return Tier.INFRASTRUCTURE
    return Tier.SIMULATORS if program in SIMULATORS else Tier.SERVICES


@dataclass(frozen=True)
class Plan:
    """What to run: the services by name with their number of processes, and the environment they all share."""

    layout: Layout
    services: Mapping[str, int]
    simulators: bool
    clock: ClockSetting
    extra: Mapping[str, str]

    @property
    def instances(self) -> list[tuple[str, str]]:
        return [(name, f"{name}-{number}") for name, count in self.services.items() for number in range(count)]

    @property
    def port_names(self) -> list[str]:
        names = [instance for _, instance in self.instances]
        names += [f"{instance}-smtp" for name, instance in self.instances if name == "intake"]
        return names + [*SIMULATORS, "mailcatcher-smtp"] * self.simulators


def planned(services: bool | Sequence[str], scale: Mapping[str, int]) -> dict[str, int]:
    """Which services run in how many processes; all five when `services` is True."""
    wanted = SERVICES if services is True else tuple(services or ())
    if unknown := ({*wanted} | {*scale}) - {*SERVICES}:
        raise ValueError(f"No such service: {', '.join(sorted(unknown))}. There are {', '.join(SERVICES)}.")
    return {name: scale.get(name, 1) for name in wanted}


def url(ports: Mapping[str, int], name: str) -> str:
    return f"http://{LOOPBACK}:{ports[name]}"


def addresses(plan: Plan, ports: Mapping[str, int], kafka: str, mongo: str) -> StackInfo:
    """The stack file before anything runs: every pid is 0."""
    base = StackInfo(
        kafka=kafka,
        mongo=mongo,
        secrets_dir=plan.layout.secrets,
        supervisor_socket=plan.layout.supervisor_socket,
        clock=plan.clock,
    )
    services: dict[str, tuple[ServiceInstance, ...]] = {}
    for name, instance in plan.instances:
        one = ServiceInstance(instance=instance, url=url(ports, instance), pid=0)
        services[name] = (*services.get(name, ()), one)
    smtp = SmtpAddress(host=LOOPBACK, port=ports["intake-0-smtp"]) if "intake" in services else None
    simulators = simulator_addresses(ports) if plan.simulators else {}
    return base.model_copy(update={"services": services, "smtp": smtp, **simulators})


def simulator_addresses(ports: Mapping[str, int]) -> dict[str, object]:
    catcher = MailCatcherAddress(smtp_host=LOOPBACK, smtp_port=ports["mailcatcher-smtp"], url=url(ports, "mailcatcher"))
    return {
        "mail_catcher": catcher,
        "payment": HttpAddress(url=url(ports, "payment")),
        "webhook_sink": HttpAddress(url=url(ports, "webhooksink")),
        "media_host": HttpAddress(url=url(ports, "mediahost")),
    }


def common_environment(plan: Plan, info: StackInfo) -> dict[str, str]:
    """What every service and simulator is told; deploy/env.example says what each variable is for."""
    environment = {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        # Compiled modules halve the time of a restart, wherever the surroundings would forbid writing them.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(VAR / "pycache"),
        "ENVIRONMENT": "local",
        "KAFKA_BOOTSTRAP_SERVERS": info.kafka,
        "MONGO_URL": info.mongo,
        "SECRETS_DIR": str(plan.layout.secrets),
        "HTTP_HOST": LOOPBACK,
        "CLOCK_RATE": str(plan.clock.rate),
    }
    clock = plan.clock
    times = {"ANCHOR_REAL": clock.anchor_real, "ANCHOR_SIM": clock.anchor_sim, "UNTIL_SIM": clock.until_sim}
    environment |= {f"CLOCK_{name}": at.isoformat() for name, at in times.items() if at}
    if clock.start_file:
        environment["CLOCK_START_FILE"] = str(clock.start_file)
    if info.payment and info.mail_catcher and info.webhook_sink:
        environment["PAYMENT_URL"] = info.payment.url
        environment["MAIL_HOST"] = info.mail_catcher.smtp_host
        environment["MAIL_PORT"] = str(info.mail_catcher.smtp_port)
        environment["WEBHOOK_SINK_URL"] = info.webhook_sink.url
    if info.media_host:
        environment["MEDIA_SIMULATOR_URL"] = info.media_host.url
    if "notify" in info.services:
        environment["PUBLIC_URL"] = info.url("notify")
    if "routing" in info.services:
        environment["PARTNER_URL"] = info.url("routing")
    return {**environment, **plan.extra}


def python_program(name: str, module: str, tier: Tier, plan: Plan, ports: Mapping[str, int]) -> Program:
    own = {
        "INSTANCE": name,
        "HTTP_PORT": str(ports[name]),
        "STATE_DIR": str(plan.layout.data / name),
    }
    if smtp := ports.get(f"{name}-smtp"):
        own |= {"SMTP_HOST": LOOPBACK, "SMTP_PORT": str(smtp)}
        # Gateways come straight to us: the address that they sign is the one they use, and not that of the pages.
        own["PUBLIC_URL"] = ""
        # One folder for all of intake's processes: whichever took a file, any can hand it out.
        own["OBJECTS_URL"] = f"file://{plan.layout.data / 'objects'}"
    return Program(
        name=name,
        command=(*_patience(name), sys.executable, "-m", module),
        tier=tier,
        environment=own,
        ready_url=f"{url(ports, name)}/health/ready",
    )


def _patience(name: str) -> tuple[str, ...]:
    """On few cores what tells and counts leaves the processor to what takes in, decides and pays."""
    nice = shutil.which("nice")
    return (nice, "-n", "5") if nice and name.startswith(PATIENT) else ()


def programs(plan: Plan, ports: Mapping[str, int]) -> list[Program]:
    """Simulators and services, in the order they start."""
    simulators = [
        python_program(name, f"tools.simulators.{name}", Tier.SIMULATORS, plan, ports)
        for name in SIMULATORS * plan.simulators
    ]
    services = [
        python_program(instance, f"services.{name}", Tier.SERVICES, plan, ports) for name, instance in plan.instances
    ]
    return [*simulators, *services]

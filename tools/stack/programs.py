"""What supervisord runs: one frozen description for each process, and the configuration file made of them."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from tools.stack.layout import ROOT, Layout

# Every process of a stack carries it, and so does what it starts: `down` can find them all and nobody else's.
OWNER_VARIABLE = "PARCELCARE_STACK"


class Tier(IntEnum):
    """Order of start; the end goes backwards."""

    INFRASTRUCTURE = 1
    SIMULATORS = 2
    SERVICES = 3


@dataclass(frozen=True)
class Program:
    """`environment` holds what differs from program to program; the rest they inherit from supervisord."""

    name: str
    command: tuple[str, ...]
    tier: Tier
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_url: str | None = None


def percent(text: object) -> str:
    """supervisord expands %(…)s in every value."""
    return str(text).replace("%", "%%")


def word(text: str) -> str:
    """One word of a command line."""
    return percent(shlex.quote(text))


def value(text: str) -> str:
    """A value of `environment=`; supervisord's grammar has no way to write a quotation mark in it."""
    if '"' in text or "\n" in text:
        raise ValueError(f"Neither quotation marks nor line breaks can stand in a program's environment: {text!r}")
    return f'"{percent(text)}"'


def program_section(program: Program, layout: Layout) -> str:
    return "\n".join(
        [
            f"[program:{program.name}]",
            f"command={' '.join(map(word, program.command))}",
            f"environment={','.join(f'{name}={value(text)}' for name, text in program.environment.items())}",
            f"directory={percent(ROOT)}",
            f"priority={program.tier.value}",
            "autostart=false",
            "autorestart=true",
            "startsecs=1",
            "startretries=30",
            "stopsignal=TERM",
            "stopwaitsecs=20",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={percent(layout.log / f'{program.name}.log')}",
            "stdout_logfile_maxbytes=20MB",
            "stdout_logfile_backups=3",
        ]
    )


def supervisor_conf(programs: Sequence[Program], layout: Layout) -> str:
    socket = percent(layout.supervisor_socket)
    head = "\n".join(
        [
            "[unix_http_server]",
            f"file={socket}",
            "chmod=0700",
            "[supervisord]",
            "nodaemon=true",
            f"pidfile={percent(layout.supervisor_pid)}",
            f"logfile={percent(layout.log / 'supervisord.log')}",
            "logfile_maxbytes=5MB",
            "logfile_backups=1",
            f"childlogdir={percent(layout.log)}",
            "[rpcinterface:supervisor]",
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
            "[supervisorctl]",
            f"serverurl=unix://{socket}",
        ]
    )
    return "\n\n".join([head, *(program_section(program, layout) for program in programs)]) + "\n"

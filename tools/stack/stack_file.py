"""stack.json: where everything of a running local stack is, for the demo, the tests and people."""

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from shared.clock import Clock


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ServiceInstance(Frozen):
    instance: str
    url: str
    pid: int


class SmtpAddress(Frozen):
    host: str
    port: int


class MailCatcherAddress(Frozen):
    smtp_host: str
    smtp_port: int
    url: str


class HttpAddress(Frozen):
    url: str


class ClockSetting(Frozen):
    rate: float = 1.0
    anchor_real: datetime | None = None
    anchor_sim: datetime | None = None
    until_sim: datetime | None = None
    start_file: Path | None = None

    @property
    def clock(self) -> Clock:
        return Clock(**dict(self))

    @classmethod
    def of(cls, clock: Clock) -> "ClockSetting":
        return cls(**{name: getattr(clock, name) for name in cls.model_fields})


class StackInfo(Frozen):
    """`kafka` and `mongo` are what a client connects with; the rest is empty when only infrastructure runs."""

    kafka: str
    mongo: str
    services: dict[str, tuple[ServiceInstance, ...]] = {}
    smtp: SmtpAddress | None = None
    mail_catcher: MailCatcherAddress | None = None
    payment: HttpAddress | None = None
    webhook_sink: HttpAddress | None = None
    media_host: HttpAddress | None = None
    secrets_dir: Path
    supervisor_socket: Path
    clock: ClockSetting = ClockSetting()

    def url(self, service: str) -> str:
        """The address of a service's first instance."""
        return self.services[service][0].url


def write(info: StackInfo, file: Path) -> None:
    draft = file.with_suffix(".part")
    draft.write_text(info.model_dump_json(indent=2) + "\n")
    draft.replace(file)


def read(file: Path) -> StackInfo | None:
    return StackInfo.model_validate_json(file.read_bytes()) if file.exists() else None

"""Where a local stack keeps its state: everything under one directory, so that a second stack is another directory."""

import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
KAFKA_LIBS = VAR / "kafka" / "libs"
# A unix socket's path holds 108 bytes on Linux and 104 on macOS.
LONGEST_SOCKET_PATH = 100


@dataclass(frozen=True)
class Layout:
    directory: Path

    @property
    def run(self) -> Path:
        return self.directory / "run"

    @property
    def log(self) -> Path:
        return self.directory / "log"

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def secrets(self) -> Path:
        return self.directory / "secrets"

    @property
    def stack_file(self) -> Path:
        return self.directory / "stack.json"

    @property
    def ports_file(self) -> Path:
        return self.run / "ports.json"

    @property
    def supervisor_conf(self) -> Path:
        return self.run / "supervisord.conf"

    @property
    def supervisor_pid(self) -> Path:
        return self.run / "supervisord.pid"

    @property
    def supervisor_socket(self) -> Path:
        near = self.run / "supervisor.sock"
        if len(str(near)) <= LONGEST_SOCKET_PATH:
            return near
        return Path(gettempdir()) / f"parcelcare-{sha256(str(near).encode()).hexdigest()[:12]}.sock"

    def make(self) -> None:
        for folder in (self.run, self.log, self.data):
            folder.mkdir(parents=True, exist_ok=True)

    def wipe(self) -> None:
        """Removes what a stack wrote; the virtual environment and Kafka's jars may stand beside it and stay."""
        for folder in (self.run, self.log, self.data, self.secrets):
            shutil.rmtree(folder, ignore_errors=True)
        self.stack_file.unlink(missing_ok=True)


def layout_of(directory: Path | str | None) -> Layout:
    """A relative directory is taken from the project's root, so that every command means the same place."""
    return Layout((ROOT / (directory or VAR)).resolve())

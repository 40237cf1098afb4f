"""Free loopback ports, and those that stay the same from one start of a stack to the next."""

import json
import random
import socket
from collections.abc import Collection, Iterable
from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below what Linux and macOS hand to outgoing connections: a process that is restarted must find its port unused.
RANGE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_port(taken: Collection[int] = ()) -> int:
    """One that nobody listens at now, and that is none of those taken. Raises RuntimeError where there is none."""
    for _ in range(200):
        port = random.choice(RANGE)  # noqa: S311 - a port is no secret
        if port not in taken and is_free(port):
            return port
    raise RuntimeError(f"No free port between {RANGE.start} and {RANGE.stop} on {LOOPBACK}.")


class PortBook:
    """Remembers which name has which port; a remembered port that somebody else took is replaced."""

    def __init__(self, file: Path, preferred: dict[str, int] | None = None) -> None:
        self.file = file
        self.preferred = preferred or {}
        self.ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}

    def assign(self, names: Iterable[str]) -> dict[str, int]:
        kept = {name: port for name in names if is_free(port := self._wish(name))}
        for name in names:
            if name not in kept:
                kept[name] = free_port({*kept.values(), *self.preferred.values()})
        self.ports |= kept
        self.file.write_text(json.dumps(self.ports, indent=2))
        return kept

    def _wish(self, name: str) -> int:
        return self.ports.get(name) or self.preferred.get(name) or free_port(self.preferred.values())

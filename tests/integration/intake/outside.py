"""The outside of a running intake: requests of chosen gateways at a chosen moment, and what came of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.integration.intake.harness import Bench, Process
from tests.integration.intake.signing import Request
from tools import secret_files


@dataclass(frozen=True)
class Door:
    """A gateway of one test: its entry of gateways.yaml and what gateways.json has for it."""

    kind: str
    secrets: Mapping[str, Any]
    address: str | None = None


@dataclass
class Outside:
    bench: Bench
    intake: Process
    arrival: Path

    async def send(self, door: str, request: Request, at: float | None = None) -> httpx.Response:
        """`at`: Unix seconds of its arrival (default: now)."""
        self.arrival.write_text("" if at is None else str(at))
        url = f"{self.intake.url}/gateways/{door}" + (f"?{request.query}" if request.query else "")
        return await self.bench.http.request(
            request.method, url, content=request.body or None, headers=dict(request.headers)
        )


async def opened(bench: Bench, doors: Mapping[str, Door]) -> Outside:
    """A running intake with these gateways and no others."""
    rules, arrival = bench.directory / "gateways.yaml", bench.directory / "arrival"
    entries = [
        {
            "name": name,
            "kind": door.kind,
            "path": f"/gateways/{name}",
            **({"address": door.address} if door.address else {}),
        }
        for name, door in doors.items()
    ]
    mail = {"name": "mail", "kind": "mail", "domains": ["parcelcare.example"]}
    rules.write_text(yaml.safe_dump({"gateways": [*entries, mail]}))
    secrets = json.dumps({name: dict(door.secrets) for name, door in doors.items()})
    secret_files.write_private(bench.secrets / "gateways.json", secrets)
    arrival.write_text("")
    intake = await bench.intake(
        module="tests.integration.intake.dated", GATEWAYS_FILE=str(rules), ARRIVAL_FILE=str(arrival)
    )
    return Outside(bench, intake, arrival)

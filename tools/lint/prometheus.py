"""Prometheus' own check of the recording rules and alerts, where promtool is installed."""

import shutil
import subprocess
from pathlib import Path


def problems(root: Path) -> list[str]:
    files = sorted((root / "deploy" / "prometheus" / "rules").glob("*.yml"))
    promtool = shutil.which("promtool")
    if promtool is None or not files:
        return []
    done = subprocess.run([promtool, "check", "rules", *files], capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [(done.stdout + done.stderr).strip()]

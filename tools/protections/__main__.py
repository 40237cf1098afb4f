"""`python -m tools.protections [WORDS]`: about a minute each; a line for each, and failure where one is not missed."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("protections.yaml")
LIMIT_S = 240
LEFT_OUT = shutil.ignore_patterns("var", ".git", "__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis")


def main(words: str) -> int:
    entries = [e for e in yaml.safe_load(LIST.read_text("utf-8")) if words in e["name"]]
    unmissed = 0
    for entry in entries:
        started = time.monotonic()
        missed, line = without(entry)
        unmissed += not missed
        print(
            f"{'✓ missed ' if missed else '✗ UNMISSED'} {entry['name']} ({time.monotonic() - started:.0f} s)",
            flush=True,
        )
        print(f"           {entry['test'].rsplit('::')[-1]}: {line}", flush=True)
    print(f"{len(entries) - unmissed} of {len(entries)} protections are missed by a test when they are taken out")
    return 1 if unmissed or not entries else 0


def without(entry: dict[str, Any]) -> tuple[bool, str]:
    """Whether the entry's test fails in a copy of the project that lacks the protection, and how it says so."""
    with tempfile.TemporaryDirectory(prefix="without-") as directory:
        copy = Path(directory) / "project"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        (copy / "var").mkdir()
        for shared in ("venv", "kafka"):
            (copy / "var" / shared).symlink_to(ROOT / "var" / shared)
        for change in (entry, *entry.get("also", ())):
            take_out(copy / change["file"], change["take_out"], change["put_in"])
        return fails(copy, entry["test"])


def take_out(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    if text.count(old) != 1:
        raise SystemExit(f"{file.name}: the protection stands there {text.count(old)} times, not once: {old.strip()}")
    file.write_text(text.replace(old, new), "utf-8")


def fails(copy: Path, test: str) -> tuple[bool, str]:
    """A test that never ends has failed as well."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"--timeout={LIMIT_S}", test]
    result = subprocess.run(
        command, cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, capture_output=True, text=True, check=False
    )
    lines = [line for line in result.stdout.splitlines() if line.startswith(("E  ", "FAILED"))]
    if result.returncode not in (0, 1):
        raise SystemExit(f"{test} did not run:\n{result.stdout[-2000:]}{result.stderr[-2000:]}")
    return result.returncode == 1, lines[0].removeprefix("E").strip()[:150] if lines else "passed"


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))

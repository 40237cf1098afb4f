"""`python -m tools.lint`: the project's own rules; prints what is wrong and fails where anything is."""

import sys
from collections.abc import Callable
from pathlib import Path

from tools.lint import arrows, loading, prometheus, sizes

ROOT = Path(__file__).resolve().parents[2]
CHECKS: dict[str, Callable[[Path], list[str]]] = {
    "import arrows": arrows.problems,
    "rules and templates load": loading.problems,
    "recording rules and alerts": prometheus.problems,
    "length of files": sizes.problems,
}


def main() -> int:
    failed = 0
    for name, check in CHECKS.items():
        found = check(ROOT)
        failed += bool(found)
        print(f"{'✗' if found else '·'} {name}")
        for problem in found:
            print(f"    {problem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

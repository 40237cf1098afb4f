"""Files that have grown too long to be read in one go."""

from pathlib import Path

MOST_LINES = 400
FOLDERS = ("services", "shared", "tools", "demo", "bench", "tests")
SUFFIXES = {".py", ".sh", ".css", ".js"}
VENDORED = "vendor"


def problems(root: Path) -> list[str]:
    """Source files over 400 lines; what others wrote (vendor folders, *.min.*) is not ours to split."""
    found = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in SUFFIXES or VENDORED in path.parts or ".min." in path.name:
                continue
            lines = path.read_text("utf-8").count("\n")
            if lines > MOST_LINES:
                found.append(f"{path.relative_to(root)}: {lines} lines; split it by idea (at most {MOST_LINES})")
    return found

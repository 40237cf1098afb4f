"""The project's version, as pyproject.toml has it."""

import tomllib

from tools.docs.paths import ROOT

VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

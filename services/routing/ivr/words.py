"""rules/ivr.yaml: the sentences of the telephone menu, in both languages, their variables checked (RO-10)."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from string import Formatter

from services.routing.decision_table import RuleError
from services.routing.playbook import Text
from services.routing.rule_file import RuleFile

FILE = "ivr.yaml"
VARIABLES = {
    "welcome": set(),
    "which": {"node"},
    "press": {"title", "keys"},
    "back": set(),
    "next_one": {"who", "time"},
    "unknown": set(),
    "silence": set(),
}


@dataclass(frozen=True, slots=True)
class IvrWords:
    """By language. `which` names {node}, `press` {title} and {keys}, `next_one` {who} and {time}."""

    welcome: Text
    which: Text
    press: Text
    back: Text
    next_one: Text
    unknown: Text
    silence: Text


def load(directory: Path, today: date | None = None) -> IvrWords:
    """Raises `RuleError` with file and cell."""
    part = RuleFile.read(directory / FILE, today)
    return IvrWords(**{name: _words(part, name, variables) for name, variables in VARIABLES.items()})


def _words(part: RuleFile, name: str, variables: set[str]) -> Text:
    found = part.by_language(name)
    for language, text in found.items():
        try:
            used = {variable for _, variable, _, _ in Formatter().parse(text) if variable is not None}
        except ValueError as error:
            raise RuleError(part.file, f"{name}.{language}", str(error)) from error
        if used != variables or not text.strip():
            wanted = ", ".join(f"{{{v}}}" for v in sorted(variables)) or "no variable"
            raise RuleError(part.file, f"{name}.{language}", f"must be a sentence with {wanted}")
    return found

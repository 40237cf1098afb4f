"""Sentences of the rule tables: {variables}, and [parts] that are left out where a variable is unknown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    variables: frozenset[str]
    optional: bool

    def say(self, values: Mapping[str, str]) -> str:
        known = {name: values.get(name, "") for name in self.variables}
        if self.optional and "" in known.values():
            return ""
        return self.text.format_map(known)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence in one language, parsed once at load. `parse` raises ValueError on a broken one."""

    parts: tuple[Part, ...]
    variables: frozenset[str]

    @staticmethod
    def parse(text: str) -> "Phrase":
        if not text.strip():
            raise ValueError("is empty")
        pieces = _OPTIONAL.split(text)
        parts = tuple(_part(piece, bool(place % 2)) for place, piece in enumerate(pieces) if piece)
        return Phrase(parts, frozenset().union(*(part.variables for part in parts)))

    def say(self, values: Mapping[str, str]) -> str:
        """The sentence with a capital first letter; a missing variable outside brackets is an empty string."""
        text = "".join([part.say(values) for part in self.parts])
        return text[:1].upper() + text[1:]


def _part(text: str, optional: bool) -> Part:
    if "[" in text or "]" in text:
        raise ValueError("has a bracket that is not closed, or one inside another")
    names = frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
    if broken := [name for name in names if not name.isidentifier()]:
        raise ValueError(f"has a variable that is no plain name: {{{broken[0]}}}")
    if optional and not names:
        raise ValueError(f"has a part in brackets without a variable: [{text}]")
    return Part(text, names, optional)

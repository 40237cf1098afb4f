"""Sentences of the rule tables: {variables}, and [parts] that are left out where a variable is unknown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Part:
    """`plain` is the text as it stands where there are no variables."""

    text: str
    plain: str
    variables: frozenset[str]
    optional: bool

    def say(self, values: "Said") -> str:
        if self.optional and not all(map(values.__getitem__, self.variables)):
            return ""
        return self.text.format_map(values) if self.variables else self.plain


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
        said = Said(values)
        text = "".join([part.say(said) for part in self.parts])
        return text[:1].upper() + text[1:]


def _part(text: str, optional: bool) -> Part:
    if "[" in text or "]" in text:
        raise ValueError("has a bracket that is not closed, or one inside another")
    names = frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
    if broken := [name for name in names if not name.isidentifier()]:
        raise ValueError(f"has a variable that is no plain name: {{{broken[0]}}}")
    if optional and not names:
        raise ValueError(f"has a part in brackets without a variable: [{text}]")
    return Part(text, text if names else text.format(), names, optional)


class Said(dict[str, str]):
    """What is not known is left empty."""

    def __missing__(self, name: str) -> str:
        return ""

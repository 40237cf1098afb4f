"""Notice templates as files: compiled once, their variables checked against the declared sets at load (NO-8)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateSyntaxError, meta

from services.notify.letter import COMMON, variables_of
from shared.contracts.notices import NoticeKind

TEMPLATES_DIR = Path(__file__).parent / "templates"
LANGUAGES = ("zh", "en")
PARTS = ("subject", "txt", "html")
MACROS = ("facts", "quote", "big", "heading", "provisions")
"""Building blocks of the HTML mails (_parts.html.j2), known in every template."""
_INDENT = re.compile(r"\n\s+")
_SPACE = re.compile(r"\s+")
_BLANK_LINES = re.compile(r"\n{3,}")


class TemplateProblem(Exception):
    """A template is missing, does not parse, or uses a variable that is not declared; names the file."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A notice's texts. The subject is one line."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Templates:
    """All templates, compiled, by language, kind and part."""

    compiled: Mapping[tuple[str, NoticeKind, str], Template]

    def subject(self, kind: NoticeKind, variables: Mapping[str, Any]) -> str:
        return _SPACE.sub(" ", self._render(kind, "subject", variables)).strip()

    def text(self, kind: NoticeKind, variables: Mapping[str, Any]) -> str:
        return _BLANK_LINES.sub("\n\n", self._render(kind, "txt", variables)).strip() + "\n"

    def html(self, kind: NoticeKind, variables: Mapping[str, Any]) -> str:
        return self._render(kind, "html", variables)

    def render(self, kind: NoticeKind, variables: Mapping[str, Any]) -> Rendered:
        """Raises jinja2.UndefinedError where a variable is missing."""
        return Rendered(self.subject(kind, variables), self.text(kind, variables), self.html(kind, variables))

    def _render(self, kind: NoticeKind, part: str, variables: Mapping[str, Any]) -> str:
        return self.compiled[variables["language"], kind, part].render(variables)


class _TightLoader(FileSystemLoader):
    """HTML without its indentation: a mail is stored and sent many times, read by people never in source."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Any]:
        source, path, fresh = super().get_source(environment, template)
        return (_INDENT.sub("\n", source) if ".html" in template else source), path, fresh


def load_templates(directory: Path = TEMPLATES_DIR) -> Templates:
    """Raises `TemplateProblem`, which names the file and what is wrong in it."""
    environment = Environment(
        loader=_TightLoader(directory),
        undefined=StrictUndefined,
        # Mails have text parts and subjects too: only HTML is escaped.
        autoescape=lambda name: name is not None and ".html" in name,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    parts = environment.get_template("_parts.html.j2").module
    environment.globals.update({name: getattr(parts, name) for name in MACROS})
    compiled = {}
    for language, kind, part in _all():
        name = f"{language}/{kind}.{part}.j2"
        try:
            _check(environment, name, variables_of(kind))
            compiled[language, kind, part] = environment.get_template(name)
        except TemplateSyntaxError as error:
            raise TemplateProblem(f"{error.name or name}: line {error.lineno}: {error.message}") from error
    return Templates(compiled)


def _all() -> Iterator[tuple[str, NoticeKind, str]]:
    return ((language, kind, part) for language in LANGUAGES for kind in NoticeKind for part in PARTS)


def _check(environment: Environment, name: str, declared: frozenset[str]) -> None:
    """The template's own variables, and those of what it extends, includes or imports."""
    assert environment.loader is not None
    try:
        source, _, _ = environment.loader.get_source(environment, name)
    except Exception as error:
        raise TemplateProblem(f"{name}: {type(error).__name__}: there is no such template") from error
    tree = environment.parse(source, name)
    if unknown := sorted(meta.find_undeclared_variables(tree) - declared - set(MACROS)):
        raise TemplateProblem(f"{name}: variable {unknown[0]} is not declared; there are {', '.join(sorted(declared))}")
    for other in meta.find_referenced_templates(tree):
        if other is None:
            raise TemplateProblem(f"{name}: extends or includes a template whose name is not fixed")
        _check(environment, other, COMMON)

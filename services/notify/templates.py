"""Notice templates as files: compiled once, their variables checked against the declared sets at load (NO-8)."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta
from jinja2.runtime import Context

from services.notify.inheritance import whole
from services.notify.letter import COMMON, variables_of
from shared.contracts.notices import NoticeKind, NoticeRequested

log = structlog.get_logger()

TEMPLATES_DIR = Path(__file__).parent / "templates"
LANGUAGES = ("zh", "en")
PARTS = ("subject", "txt", "html")
MACROS = ("stages", "facts", "quote", "big", "rate", "heading", "provisions")
"""Building blocks of the HTML mails (_parts.html.j2), known in every template."""
_INDENT = re.compile(r"\n\s+")


class TemplateProblem(Exception):
    """A template is missing, does not parse, or uses a variable that is not declared; names the file."""


@dataclass(frozen=True, slots=True)
class Templates:
    """All templates, compiled, by language, kind and part. Rendering raises jinja2.UndefinedError where a variable
    is missing."""

    compiled: Mapping[tuple[str, NoticeKind, str], Template]
    macros: Mapping[str, Any]

    def subject(self, kind: NoticeKind, variables: Mapping[str, Any]) -> str:
        """One line."""
        return " ".join(self._render(kind, "subject", variables).split())

    def text(self, kind: NoticeKind, variables: Mapping[str, Any]) -> str:
        """With one empty line between paragraphs, whatever the template's conditions left."""
        text = self._render(kind, "txt", variables).strip() + "\n"
        while "\n\n\n" in text:
            text = text.replace("\n\n\n", "\n\n")
        return text

    def html(self, kind: NoticeKind, variables: Mapping[str, Any]) -> str:
        return self._render(kind, "html", variables)

    def html_of(self, notice: NoticeRequested) -> str | None:
        """The HTML part of a mail, made of its letter. A letter of another version may not fit the templates of
        this one: then the text, which says the same, goes alone."""
        if notice.letter is None:
            return notice.html.reveal() if notice.html else None
        try:
            return self.html(notice.kind, notice.letter.reveal())
        except (TemplateError, LookupError, TypeError, ValueError) as error:
            log.warning("letter_does_not_fit", notice_id=notice.notice_id, kind=notice.kind, error=type(error).__name__)
            return None

    def _render(self, kind: NoticeKind, part: str, variables: Mapping[str, Any]) -> str:
        template = self.compiled[variables["language"], kind, part]
        # As template.render, which for each rendering copies every global that there is.
        context = Context(template.environment, {**self.macros, **variables}, template.name, template.blocks)
        return "".join(template.root_render_func(context))


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
    macros = {name: getattr(parts, name) for name in MACROS}
    macros["stages"] = _remembered(macros["stages"])
    compiled = {}
    for language, kind, part in _all():
        name = f"{language}/{kind}.{part}.j2"
        try:
            _check(environment, name, variables_of(kind))
            compiled[language, kind, part] = whole(environment, name)
        except TemplateSyntaxError as error:
            raise TemplateProblem(f"{error.name or name}: line {error.lineno}: {error.message}") from error
    return Templates(compiled, macros)


def _remembered(stages: Callable[[Any], str]) -> Callable[[Any], str]:
    """The stage line is one of a few dozens, and a third of a mail's HTML."""
    known = lru_cache(maxsize=200)(stages)
    return lambda steps: known(tuple(map(tuple, steps)))


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

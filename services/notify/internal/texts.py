"""Templates of pushes as files: one line and a text for each kind and language, checked at load (NO-7, NO-8)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError, meta

from services.notify.internal.facts import COMMON, OWN
from services.notify.templates import LANGUAGES, TemplateProblem
from shared.contracts.pushes import PushKind

DIRECTORY = Path(__file__).parent / "templates"
PARTS = ("line", "txt")


@dataclass(frozen=True, slots=True)
class Texts:
    """Compiled, by language, kind and part."""

    compiled: Mapping[tuple[str, PushKind, str], Template]

    def line(self, kind: PushKind, variables: Mapping[str, Any]) -> str:
        """A mail's subject, and all that is said by phone."""
        return " ".join(self._render(kind, "line", variables).split())

    def text(self, kind: PushKind, variables: Mapping[str, Any]) -> str:
        return self._render(kind, "txt", variables).strip() + "\n"

    def _render(self, kind: PushKind, part: str, variables: Mapping[str, Any]) -> str:
        return self.compiled[variables["language"], kind, part].render(variables)


def load_texts(directory: Path = DIRECTORY) -> Texts:
    """Raises `TemplateProblem`, which names the file and what is wrong in it."""
    # Plain text for mails, phones and JSON: nothing is HTML.
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(directory),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    return Texts({key: _template(environment, *key) for key in _all()})


def _all() -> Iterator[tuple[str, PushKind, str]]:
    return ((language, kind, part) for language in LANGUAGES for kind in PushKind for part in PARTS)


def _template(environment: Environment, language: str, kind: PushKind, part: str) -> Template:
    name, declared = f"{language}/{kind}.{part}.j2", COMMON | OWN[kind]
    assert environment.loader is not None
    try:
        source, _, _ = environment.loader.get_source(environment, name)
        used = meta.find_undeclared_variables(environment.parse(source, name))
        template = environment.get_template(name)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise TemplateProblem(f"{name}:{line or 1}: {type(error).__name__}: {error.message}") from error
    if unknown := sorted(used - declared):
        line = next(n for n, text in enumerate(source.splitlines(), 1) if unknown[0] in text)
        raise TemplateProblem(
            f"{name}:{line}: variable {unknown[0]} is not declared; there are {', '.join(sorted(declared))}"
        )
    return template

"""Renders the progress page and its error pages (web/pages), with the headers that keep it private (NO-5)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from services.notify.links import Links
from services.notify.masking import mask_text
from services.notify.page import Page, build_page
from services.notify.ruleset import Rules
from services.notify.texts import Speaker, load_texts
from services.notify.view import View
from shared.contracts.surveys import LONGEST_WORDS

WEB_DIR = Path(__file__).parent / "web"
STATIC_DIR = WEB_DIR / "static"
PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
}

FORM_HEADERS = {
    **PAGE_HEADERS,
    "Content-Security-Policy": PAGE_HEADERS["Content-Security-Policy"].replace(
        "form-action 'none'", "form-action 'self'"
    ),
}
"""Of a page that sends something back to us."""


class StaticAssets(StaticFiles):
    """Style and script; their address carries a hash of the content, so they may be kept for good."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC_DIR)

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


@dataclass(frozen=True, slots=True)
class Pages:
    """The compiled templates with the tables and texts they speak from."""

    environment: Environment
    rules: Rules
    speakers: Mapping[str, Speaker]
    links: Links
    mailbox: str

    def page(self, view: View, language: str, now: datetime) -> str:
        return self._render("page.html.j2", **self._variables(view, language, now))

    def fragment(self, view: View, language: str, now: datetime) -> tuple[str, str]:
        """Title and inner part, for a page that is open."""
        variables = self._variables(view, language, now)
        return _title(variables["page"]), self._render("live.html.j2", **variables)

    def survey(
        self, view: View, language: str, now: datetime, score: int | None, *, thanked: bool, fault: str, words: str
    ) -> str:
        """The form with `score` chosen; or thanks (`thanked`: for what was just sent); or that it is over."""
        survey = view.case.survey if view.case else None
        given = score if thanked else survey.score if survey else None
        is_open = survey is not None and survey.is_open(now) and not thanked
        return self._render(
            "survey.html.j2",
            **self._frame(language),
            number=view.number,
            summary=mask_text(view.case.summary.reveal()) if view.case and view.case.summary else "",
            progress=f"/p/{self.links.token(view.case_id)}?lang={language}",
            is_open=is_open,
            given=given,
            reopens=given is not None and survey is not None and given <= survey.reopens_up_to,
            chosen=score,
            fault=fault,
            words=words,
            longest=LONGEST_WORDS,
        )

    def unknown(self, language: str) -> str:
        return self._render("unknown.html.j2", **self._frame(language))

    def unavailable(self, language: str) -> str:
        return self._render("unavailable.html.j2", **self._frame(language))

    def _variables(self, view: View, language: str, now: datetime) -> dict[str, Any]:
        page = build_page(view, self.rules, self.speakers[language], now)
        return {
            **self._frame(language),
            "page": page,
            "title": _title(page),
            "token": self.links.token(view.case_id),
            "mailto": f"mailto:{self.mailbox}?subject={quote(f'[{view.number}] ')}",
        }

    def _frame(self, language: str) -> dict[str, Any]:
        words = self.rules.words
        return {
            "say": self.speakers[language],
            "language": language,
            "brand": words.brand[language],
            "hotline": words.hotline[language],
            "asset": asset,
        }

    def _render(self, template: str, **variables: Any) -> str:
        return self.environment.get_template(template).render(variables)


def load_pages(rules: Rules, links: Links, mailbox: str, today: date) -> Pages:
    """Compiles every template now, so that a broken one stops the start. Raises jinja2.TemplateError, TableError."""
    environment = Environment(
        loader=FileSystemLoader(WEB_DIR / "pages"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for name in environment.list_templates():
        environment.get_template(name)
    texts = load_texts(today)
    return Pages(environment, rules, {lang: Speaker(texts, lang) for lang in ("zh", "en")}, links, mailbox)


@cache
def asset(name: str) -> str:
    """The address of a static file, with a hash of its content."""
    digest = hashlib.sha256((STATIC_DIR / name).read_bytes()).hexdigest()[:12]
    return f"/static/progress/{name}?v={digest}"


def _title(page: Page) -> str:
    return f"{page.stage.title} · {page.number} · {page.brand}"

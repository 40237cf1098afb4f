"""Compiles the pages that routing serves (web/pages) and says which headers keep them safe."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

WEB = Path(__file__).parent / "web"
STATIC = WEB / "static"
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action {form}; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
PUBLIC = {**HEADERS, "Content-Security-Policy": _POLICY.format(form="'none'"), "Cache-Control": "public, max-age=300"}
PRIVATE = {
    **HEADERS,
    "Content-Security-Policy": _POLICY.format(form="'self'"),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


class Assets(StaticFiles):
    """Styles; their address carries a hash of the content, so they may be kept for good."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


class Pages:
    """Every template is compiled at once, so that a broken one stops the start."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(WEB / "pages"),
            undefined=StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def render(self, template: str, language: str, **variables: Any) -> str:
        return self._environment.get_template(template).render(language=language, asset=asset, **variables)


@cache
def asset(name: str) -> str:
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/routing/{name}?v={digest}"


def language_of(request: Request) -> str:
    """?language= first, else the one of the two that the browser likes best; zh where it names none."""
    wanted = request.query_params.get("language")
    if wanted in ("zh", "en"):
        return wanted
    liked = {"zh": 0.0, "en": 0.0}
    for part in request.headers.get("accept-language", "").lower().split(",")[:20]:
        name, _, quality = part.strip().partition(";q=")
        main = name.split("-")[0]
        if main in liked:
            liked[main] = max(liked[main], _quality(quality))
    return "en" if liked["en"] > liked["zh"] else "zh"


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0

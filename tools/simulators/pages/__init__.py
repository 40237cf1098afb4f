"""The simulators' pages: templates, their words in Chinese and English, and how a time is shown."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from tools.simulators.pages.words import WORDS

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Mails are shown in a frame without scripts; nothing is ever loaded from outside.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; form-action 'self'"


def local_time(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M:%S}"


def yuan(fen: int) -> str:
    return f"¥{fen // 100:,}.{fen % 100:02d}"


def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    made.filters |= {"local_time": local_time, "yuan": yuan}
    return made


TEMPLATES = environment()


def language(request: Request) -> str:
    """`?lang=` first, then what the browser prefers; Chinese otherwise."""
    asked = request.query_params.get("lang", "")
    if asked in WORDS:
        return asked
    return "en" if request.headers.get("accept-language", "zh").lower().startswith("en") else "zh"


def page(request: Request, template: str, **values: object) -> HTMLResponse:
    chosen = language(request)
    text = TEMPLATES.get_template(template).render(lang=chosen, t=WORDS[chosen], path=request.url.path, **values)
    return HTMLResponse(text, headers={"Content-Security-Policy": POLICY})

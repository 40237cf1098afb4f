"""In which language a page speaks: as the address says, else the customer's, else the browser's first choice."""

from starlette.requests import Request

from services.notify.view import View
from shared.openapi import Parameter

LANGUAGE = Parameter("lang", "zh or en; default: the customer's language", schema={"enum": ["zh", "en"]})


def case_language(request: Request, view: View) -> str:
    wanted = request.query_params.get("lang")
    return wanted if wanted in ("zh", "en") else view.reader.language


def reader_language(request: Request) -> str:
    """Where no case says it."""
    wanted = request.query_params.get("lang")
    if wanted in ("zh", "en"):
        return wanted
    accepted = request.headers.get("accept-language", "").lower()
    zh, en = accepted.find("zh"), accepted.find("en")
    return "en" if en >= 0 and (zh < 0 or en < zh) else "zh"

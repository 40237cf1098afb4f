"""HTTP of the metrics service: the figures as JSON for the people who answer for the operation."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.metrics.store import Figures
from services.metrics.table import IndicatorTable, table
from services.metrics.watch import Watch
from shared.openapi import Answer, Parameter, RouteDoc
from shared.security.tokens import Role, TokenVerifier
from shared.web import Problem

READERS = (Role.SRE, Role.SUPERVISOR)
PATH = "/v1/indicators"

_TIME = {"type": "string", "format": "date-time"}

ROUTES = (
    RouteDoc(
        path=PATH,
        method="GET",
        summary="Every indicator: totals since the beginning, or of the hours from `start` to `end`",
        responses={
            200: Answer("the indicators", IndicatorTable),
            400: Answer("a time that can't be read, or an empty span"),
            503: Answer("figures are being rebuilt from Kafka, or were not read yet"),
        },
        roles=READERS,
        parameters=(
            Parameter("start", "first hour, RFC 3339; counters and histograms only", schema=_TIME),
            Parameter("end", "the hour after the last one; without it, now", schema=_TIME),
        ),
    ),
)


def routes(watch: Watch, figures: Figures, verifier: TokenVerifier, now: Callable[[], datetime]) -> list[BaseRoute]:
    async def indicators(request: Request) -> Response:
        verifier.require(request, *READERS)
        totals = watch.snapshot.totals
        if totals is None:
            raise Problem(
                503,
                "Figures are not ready",
                "They are being rebuilt from Kafka: ask again later.",
                {"Retry-After": "10"},
            )
        start = instant(request, "start")
        if start is None:
            return answer(table(totals, now()))
        end = instant(request, "end") or now()
        if end <= start:
            raise Problem(400, "Empty span", "`end` must be later than `start`.")
        first, last = whole_hour(start), whole_hour(end + timedelta(hours=1, microseconds=-1))
        return answer(table(await figures.between(first, last), now(), first, last))

    return [Route(PATH, indicators)]


def answer(content: IndicatorTable) -> Response:
    return Response(content.model_dump_json(exclude_none=True), media_type="application/json")


def instant(request: Request, name: str) -> datetime | None:
    """A query parameter as an aware time; `Problem` 400 where it is not one."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        value = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise Problem(400, "Not a time", f"`{name}` must be an RFC 3339 time.") from error
    if value.tzinfo is None:
        raise Problem(400, "Not a time", f"`{name}` needs an offset, e.g. Z or +08:00.")
    return value.astimezone(UTC)


def whole_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)

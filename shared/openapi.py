"""How a service describes its HTTP routes: each api.py exports `ROUTES: tuple[RouteDoc, ...]` (SY-7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

JSON = "application/json"
PROBLEM = "application/problem+json"
HTML = "text/html"
EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a status code means, and the shape of its body (None: no body, or free text of `content_type`)."""

    description: str
    model: type[BaseModel] | None = None
    content_type: str = JSON


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter or header; those in the path are read from the path itself."""

    name: str
    description: str
    where: str = "query"
    required: bool = False
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class RouteDoc:
    """One route. `roles` empty: open to the public, or signed where `signed` is True (Standard Webhooks)."""

    path: str
    method: str
    summary: str
    request: type[BaseModel] | None = None
    responses: Mapping[int, Answer] = field(default_factory=lambda: {200: Answer("done")})
    roles: Sequence[str] = ()
    signed: bool = False
    parameters: Sequence[Parameter] = ()
    request_type: str = JSON
    also: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    """Other content types of the request, with their shapes."""


def refused(may_not: str, unknown: str) -> dict[int, Answer]:
    """What a person's request may be answered with instead: who `may_not`, and what is `unknown`."""
    return {
        400: Answer("the request is not well formed", content_type=PROBLEM),
        401: Answer("no valid token", content_type=PROBLEM),
        403: Answer(may_not, content_type=PROBLEM),
        404: Answer(unknown, content_type=PROBLEM),
    }


def act_refused(
    request: Mapping[int, Answer],
    state: str = "not possible in this state; `reason` says why",
    changed: str = "it has changed since it was read",
    body: str = "the body is not valid",
) -> dict[int, Answer]:
    """And an act on a version that was read, besides what any `request` may be answered with."""
    return {
        **request,
        409: Answer(state, content_type=PROBLEM),
        412: Answer(changed, content_type=PROBLEM),
        422: Answer(body, content_type=PROBLEM),
        428: Answer("If-Match is missing", content_type=PROBLEM),
        503: Answer("busy; send the same request again", content_type=PROBLEM),
    }

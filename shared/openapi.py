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

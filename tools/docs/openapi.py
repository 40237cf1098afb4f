"""The OpenAPI 3.1 document of a service, from the `ROUTES` that its api.py exports (SY-7)."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from importlib import import_module
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.openapi import JSON, PROBLEM, Answer, RouteDoc
from tools.docs.paths import ROOT
from tools.docs.portable import portable
from tools.docs.version import VERSION

PLACEHOLDER = re.compile(r"{(\w+)(?::\w+)?}")
TITLES = {
    "intake": "Contacts, parcel scans and orders come in",
    "routing": "The desk's cases",
    "claims": "Claims and their decisions",
    "notify": "Progress pages for customers",
    "metrics": "Indicators",
}
HEALTH = (
    RouteDoc("/health/live", "GET", "The process answers", responses={200: Answer("live")}),
    RouteDoc(
        "/health/ready",
        "GET",
        "Every consumer reads and the database answers",
        responses={200: Answer("ready"), 503: Answer("not ready; the parts say why")},
    ),
    RouteDoc("/metrics", "GET", "Prometheus metrics", responses={200: Answer("metrics", content_type="text/plain")}),
)
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "OpenID Connect token"},
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Standard Webhooks: webhook-id, webhook-timestamp and webhook-signature",
    },
}
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
    "required": ["title", "status"],
}


def routes_of(service: str) -> tuple[RouteDoc, ...]:
    """What every api.py of a service exports. Raises AttributeError where one exports no `ROUTES`."""
    folder = ROOT / "services" / service
    found: list[RouteDoc] = []
    for path in sorted(folder.rglob("api.py"), key=lambda p: (len(p.parts), p)):
        found += import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)).ROUTES
    return tuple(found)


def document(service: str) -> dict[str, Any]:
    routes = (*routes_of(service), *HEALTH)
    refs, definitions = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = PLACEHOLDER.sub(r"{\1}", route.path)
        operations = paths.setdefault(path, {})
        if route.method.lower() in operations:
            raise ValueError(f"{service}: {route.method} {path} is described twice")
        operations[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"ParcelCare {service}", "summary": TITLES[service], "version": VERSION},
        "paths": paths,
        "components": {
            "schemas": {**definitions, "Problem": PROBLEM_SCHEMA},
            "securitySchemes": SCHEMES,
        },
    }


Refs = Mapping[Any, Mapping[str, Any]]
"""(model, mode) → reference to its schema."""


def _schemas(routes: Iterable[RouteDoc]) -> tuple[Refs, dict[str, Any]]:
    wanted: dict[tuple[type[BaseModel], Any], None] = {}
    for route in routes:
        wanted |= {(model, "validation"): None for model in _bodies(route).values()}
        wanted |= {(a.model, "serialization"): None for a in route.responses.values() if a.model is not None}
    refs, definitions = models_json_schema(list(wanted), ref_template="#/components/schemas/{model}")
    found: dict[str, Any] = portable(definitions.get("$defs", {}))
    return refs, found


def _bodies(route: RouteDoc) -> Mapping[str, type[BaseModel]]:
    """What the request may be, by content type."""
    return {**({route.request_type: route.request} if route.request is not None else {}), **route.also}


def _operation(route: RouteDoc, refs: Refs) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": operation_id(route), "summary": route.summary}
    if route.roles:
        operation["description"] = f"For the roles {', '.join(sorted(route.roles))}."
        operation["x-roles"] = sorted(route.roles)
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if bodies := _bodies(route):
        content = {media_type: {"schema": refs[model, "validation"]} for media_type, model in bodies.items()}
        operation["requestBody"] = {"required": True, "content": content}
    operation["responses"] = {str(code): _response(code, a, refs) for code, a in sorted(route.responses.items())}
    if route.roles or route.signed:
        operation["security"] = [{"bearer": []}] if route.roles else [{"signature": []}]
    return operation


def operation_id(route: RouteDoc) -> str:
    words = re.findall(r"\w+", PLACEHOLDER.sub(r"by_\1", route.path))
    return "_".join([route.method.lower(), *words])


def _parameters(route: RouteDoc) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in PLACEHOLDER.findall(route.path)
    ]
    others = [
        {
            "name": p.name,
            "in": p.where,
            "required": p.required,
            "description": p.description,
            "schema": dict(p.schema),
        }
        for p in route.parameters
    ]
    return in_path + others


def _response(code: int, answer: Answer, refs: Refs) -> dict[str, Any]:
    response: dict[str, Any] = {"description": answer.description or HTTPStatus(code).phrase}
    if answer.model is not None:
        response["content"] = {answer.content_type: {"schema": refs[answer.model, "serialization"]}}
    elif code >= HTTPStatus.BAD_REQUEST and answer.content_type in (JSON, PROBLEM):
        response["content"] = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    elif answer.content_type != JSON:
        response["content"] = {answer.content_type: {"schema": {"type": "string"}}}
    return response

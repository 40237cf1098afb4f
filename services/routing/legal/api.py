"""Legal deadlines over HTTP: the register, and what people do about them (RO-7)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.routing.acts import Actor
from services.routing.api import ActRoute, Body, Words, acting, docs_of, whole
from services.routing.desk import Desk
from services.routing.legal.acts import EndDeadline, LegalAct, RegulatorQuery
from services.routing.legal.register import Entry
from services.routing.legal.rules import LegalRules
from services.routing.legal.store import Register
from shared.contracts.legal import LegalDeadline, LegalKind, LegalState
from shared.contracts.personal import Personal
from shared.openapi import JSON, PROBLEM, Answer, Parameter, RouteDoc
from shared.security.tokens import TokenVerifier
from shared.web import Problem

READERS = ("lead", "adjudicator", "supervisor")
PATH = "/v1/legal-deadlines"
LISTED = 100
LISTED_MAX = 500

E = TypeVar("E", LegalState, LegalKind)
Reference = Annotated[str, Field(min_length=1, max_length=60, pattern=r"\S")]


class QueryBody(Body):
    reference: Reference = Field(description="the regulator's number of the matter")
    authority: Reference = Field(description="who asks")
    received_at: AwareDatetime = Field(description="the fifteen days run from here")


class EndBody(Body):
    about: Reference = Field(description="the regulator's reference, or the claim's id")
    note: Words = Field(description="what was answered or claimed, or why it is over")


class DeadlineRow(BaseModel):
    """`certain` false: the text of the law was not read, or a contract may say less."""

    case_id: str
    case_number: str
    deadline: LegalDeadline
    name: Mapping[str, str]
    law: Mapping[str, str]
    article: Mapping[str, str]
    source: str
    certain: bool


class DeadlineTable(BaseModel):
    deadlines: tuple[DeadlineRow, ...]


def _query(actor: Actor, body: Body) -> LegalAct:
    assert isinstance(body, QueryBody)
    return RegulatorQuery(actor, body.reference, body.authority, body.received_at)


def _end(event: str) -> Callable[[Actor, Body], LegalAct]:
    def made(actor: Actor, body: Body) -> LegalAct:
        assert isinstance(body, EndBody)
        return EndDeadline(actor, event, body.about, Personal(body.note))

    return made


LEGAL_ACTS: Mapping[str, ActRoute] = {
    "regulator-query": ActRoute(QueryBody, "Register a regulator's query: it is to be answered in time", _query),
    "regulator-answered": ActRoute(EndBody, "The regulator was answered", _end("act/regulator_answered")),
    "regulator-withdrawn": ActRoute(EndBody, "The regulator withdrew its query", _end("act/regulator_withdrawn")),
    "recourse-claimed": ActRoute(EndBody, "Recourse was claimed of the carrier", _end("act/recourse_claimed")),
    "recourse-given-up": ActRoute(EndBody, "No recourse will be claimed", _end("act/recourse_given_up")),
}


def routes(desk: Desk, register: Register, rules: LegalRules, verifier: TokenVerifier) -> list[Route]:
    async def listed(request: Request) -> Response:
        verifier.require(request, *READERS)
        query = request.query_params
        states = [_one(LegalState, value, "state") for value in query.getlist("state")] or [LegalState.OPEN]
        kinds = [_one(LegalKind, value, "kind") for value in query.getlist("kind")]
        limit = whole(query.get("limit"), "limit", LISTED, LISTED_MAX)
        found = await register.listed(states, kinds, _due_before(query.get("due_before")), limit)
        table = DeadlineTable(deadlines=tuple(row_of(entry, rules) for entry in found))
        return Response(
            table.model_dump_json(exclude_none=True), media_type=JSON, headers={"Cache-Control": "no-store"}
        )

    found = [Route(PATH, listed, methods=["GET"])]
    for name, kind in LEGAL_ACTS.items():
        found.append(Route(f"/v1/cases/{{case_id}}/{name}", acting(desk, verifier, name, kind), methods=["POST"]))
    return found


def row_of(entry: Entry, rules: LegalRules) -> DeadlineRow:
    rule = rules[entry.deadline.kind]
    return DeadlineRow(
        case_id=entry.case_id,
        case_number=entry.case_number,
        deadline=entry.deadline,
        name=rule.name,
        law=rule.law,
        article=rule.article,
        source=rule.source,
        certain=rule.certain,
    )


class _Instant(BaseModel):
    at: AwareDatetime


def _due_before(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return _Instant.model_validate({"at": text}).at
    except ValueError as error:
        raise Problem(400, "due_before is not valid", "A time with its zone, RFC 3339.") from error


def _one(kind: type[E], value: str, name: str) -> E:
    try:
        return kind(value)
    except ValueError as error:
        raise Problem(400, f"{name} is not valid", f"One of {', '.join(kind)}.") from error


ROUTES: tuple[RouteDoc, ...] = (
    RouteDoc(
        PATH,
        "GET",
        "The register of legal deadlines, each with its law",
        responses={
            200: Answer("the first due first", DeadlineTable),
            400: Answer("a filter is not valid", content_type=PROBLEM),
            401: Answer("no valid token", content_type=PROBLEM),
            403: Answer("not this role", content_type=PROBLEM),
        },
        roles=READERS,
        parameters=(
            Parameter("state", "may be repeated; default: open", schema={"enum": [s.value for s in LegalState]}),
            Parameter("kind", "may be repeated", schema={"enum": [k.value for k in LegalKind]}),
            Parameter("due_before", "RFC 3339", schema={"type": "string", "format": "date-time"}),
            Parameter("limit", f"up to {LISTED_MAX}", schema={"type": "integer", "maximum": LISTED_MAX}),
        ),
    ),
    *docs_of(LEGAL_ACTS),
)

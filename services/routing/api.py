"""The agents' HTTP interface: translation only. Optimistic (If-Match), idempotent (Idempotency-Key), RFC 9457."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.routing.acts import Act, Actor, Assign, Close, Decline, Reclassify, Reply, Resolve, Take, Wait
from services.routing.answers import Refusals
from services.routing.asked import ActRequest
from services.routing.desk import Desk
from services.routing.legal.acts import LegalAct
from services.routing.state import CaseState
from shared.contracts.cases import Case, CaseKind, CaseStatus
from shared.contracts.personal import Personal
from shared.openapi import JSON, Answer, Parameter, RouteDoc, act_refused, refused
from shared.security.tokens import TokenVerifier
from shared.web import Problem, if_match, parse_model, read_body

ROLES = ("agent", "lead", "supervisor")
BODY_LIMIT = 64 * 1024
PAGE = 50
PAGE_MAX = 200
SKIP_MAX = 10_000

Words = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]


class Body(BaseModel):
    """Unknown fields are an error: a slip in a field's name must not go unnoticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoBody(Body):
    """Nothing to say."""


class TextBody(Body):
    text: Words = Field(description="what the customer is told")


class SummaryBody(Body):
    summary: Words | None = Field(None, description="solution summary; needed to close")


class ReasonBody(Body):
    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S", description="why; for the lead")]


class AssignBody(Body):
    """One of the two, or an agent in another group."""

    agent: Words | None = None
    group: Words | None = None


class ReclassifyBody(Body):
    """At least one; what is not named stays as it is."""

    kind: CaseKind | None = None
    tags: Annotated[tuple[str, ...], Field(min_length=1, max_length=10)] | None = Field(
        None, description="all of them, the leading one first"
    )
    priority: int | None = Field(None, ge=1, le=4)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.kind is None and self.tags is None and self.priority is None:
            raise ValueError("name a kind, tags or a priority")
        return self


class CasePage(Body):
    cases: tuple[Case, ...]
    next: int | None = Field(None, description="`after` of the next page")


@dataclass(frozen=True, slots=True)
class ActRoute:
    """One act: its body, and the act that the body means."""

    body: type[Body]
    summary: str
    act: Callable[[Actor, Body], Act | LegalAct]


def _take(actor: Actor, body: Body) -> Act:
    return Take(actor)


def _decline(actor: Actor, body: Body) -> Act:
    assert isinstance(body, ReasonBody)
    return Decline(actor, body.reason)


def _reply(actor: Actor, body: Body) -> Act:
    assert isinstance(body, TextBody)
    return Reply(actor, Personal(body.text))


def _wait(actor: Actor, body: Body) -> Act:
    assert isinstance(body, TextBody)
    return Wait(actor, Personal(body.text))


def _resolve(actor: Actor, body: Body) -> Act:
    assert isinstance(body, SummaryBody)
    return Resolve(actor, Personal(body.summary) if body.summary else None)


def _close(actor: Actor, body: Body) -> Act:
    assert isinstance(body, SummaryBody)
    return Close(actor, Personal(body.summary) if body.summary else None)


def _assign(actor: Actor, body: Body) -> Act:
    assert isinstance(body, AssignBody)
    return Assign(actor, body.agent, body.group)


def _reclassify(actor: Actor, body: Body) -> Act:
    assert isinstance(body, ReclassifyBody)
    return Reclassify(actor, body.kind, body.tags, body.priority)


ACTS: Mapping[str, ActRoute] = {
    "take": ActRoute(NoBody, "Take a queued case", _take),
    "decline": ActRoute(ReasonBody, "Give the case back to the queue; it is not given to this agent again", _decline),
    "reply": ActRoute(TextBody, "Answer the customer", _reply),
    "wait": ActRoute(TextBody, "Ask the customer and wait: the clocks pause", _wait),
    "resolve": ActRoute(SummaryBody, "Resolve, to be confirmed by the customer", _resolve),
    "close": ActRoute(SummaryBody, "Close; needs a solution summary", _close),
    "assign": ActRoute(AssignBody, "Assign to an agent (leads), or hand over to a group", _assign),
    "reclassify": ActRoute(
        ReclassifyBody, "Correct kind, tags or priority; the correction is learnt from", _reclassify
    ),
}


def routes(desk: Desk, verifier: TokenVerifier) -> list[Route]:
    """The routes of the agents' interface."""

    async def listed(request: Request) -> Response:
        principal = verifier.require(request, *ROLES)
        return await _listed(request, desk, principal.subject)

    async def one(request: Request) -> Response:
        verifier.require(request, *ROLES)
        found = await desk.cases.shown(request.path_params["case_id"])
        if found is None:
            raise _unknown()
        return _case_response(*found)

    found = [Route("/v1/cases", listed), Route("/v1/cases/{case_id}", one)]
    for name, kind in ACTS.items():
        found.append(Route(f"/v1/cases/{{case_id}}/{name}", acting(desk, verifier, name, kind), methods=["POST"]))
    return found


async def _listed(request: Request, desk: Desk, subject: str) -> Response:
    query = request.query_params
    limit = whole(query.get("limit"), "limit", PAGE, PAGE_MAX)
    after = whole(query.get("after"), "after", 0, SKIP_MAX)
    if "group" in query or "status" in query:
        groups = [query["group"]] if "group" in query else sorted(desk.rules.roster.groups)
        statuses = [_status(query["status"])] if "status" in query else [s for s in CaseStatus if s.value != "closed"]
        cases = await desk.cases.listed(groups, statuses, limit + 1, after)
    else:
        cases = await desk.cases.listed_of(query.get("agent", subject), limit + 1, after)
    more = f',"next":{after + limit}' if len(cases) > limit else ""
    return Response(f'{{"cases":[{",".join(cases[:limit])}]{more}}}', media_type=JSON)


def acting(desk: Desk, verifier: TokenVerifier, name: str, kind: ActRoute) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        principal = verifier.require(request, *ROLES)
        body = await read_body(request, BODY_LIMIT)
        wish = parse_model(kind.body, body or b"{}")
        actor = desk.actor(principal.subject, principal.roles, principal.groups)
        asked = ActRequest(
            case_id=request.path_params["case_id"],
            act=kind.act(actor, wish),
            version=if_match(request, "case"),
            key=idempotency_key(request),
            fingerprint=sha256(f"{name}/{wish.model_dump_json()}".encode()).hexdigest(),
        )
        return await done(desk.do(asked))

    return act


REFUSED = Refusals(
    unknown=("No such case", "工单不存在。"),
    changed=("The case has changed", "Read it again and decide again. 工单已变更，请刷新。"),
    busy="Send the same request again. 系统繁忙，请用同一 Idempotency-Key 重试。",
)


async def done(asked: Awaitable[CaseState]) -> Response:
    """The case after an act. Raises `Problem`: why there is none."""
    state = await REFUSED.settled(asked)
    return _case_response(state.case.version, state.json)


def _unknown() -> Problem:
    return Problem(404, *REFUSED.unknown)


def _case_response(version: int, case: str | bytes) -> Response:
    return Response(case, media_type=JSON, headers={"ETag": f'"{version}"'})


def idempotency_key(request: Request) -> str:
    """The caller's key. Raises `Problem` 400."""
    key = request.headers.get("idempotency-key", "")
    if not 1 <= len(key) <= 200:
        raise Problem(400, "Idempotency-Key is missing", "Send a new random key with each act, and again on a repeat.")
    return key


def whole(text: str | None, name: str, default: int, high: int) -> int:
    """A whole number of the query, up to `high`. Raises `Problem` 400."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or int(text) > high:
        raise Problem(400, f"{name} is not valid", f"A whole number up to {high}.")
    return int(text)


def _status(text: str) -> CaseStatus:
    try:
        return CaseStatus(text)
    except ValueError as error:
        raise Problem(400, "status is not valid", f"One of {', '.join(s.value for s in CaseStatus)}.") from error


_REFUSALS = refused("the role, or this agent, may not", "no such case")
ACT_REFUSALS = act_refused(
    _REFUSALS,
    state="not possible in the case's state; `reason` says why",
    changed="the case has changed since it was read",
    body="the body is not valid, or the key was used for another act",
)
ACT_HEADERS = (
    Parameter("If-Match", "ETag of the case as read", "header", required=True),
    Parameter("Idempotency-Key", "a random key; a repeat gives the same answer", "header", required=True),
)


def docs_of(acts: Mapping[str, ActRoute]) -> Iterator[RouteDoc]:
    """How acts on a case are described."""
    for name, kind in acts.items():
        yield RouteDoc(
            f"/v1/cases/{{case_id}}/{name}",
            "POST",
            kind.summary,
            request=kind.body,
            responses={200: Answer("the case after the act", Case), **ACT_REFUSALS},
            roles=ROLES,
            parameters=ACT_HEADERS,
        )


ROUTES: tuple[RouteDoc, ...] = (
    RouteDoc(
        "/v1/cases",
        "GET",
        "Own queue; with filters, the queue of a group or status",
        responses={200: Answer("the most urgent and oldest first", CasePage), **_REFUSALS},
        roles=ROLES,
        parameters=(
            Parameter("agent", "whose cases; default: one's own"),
            Parameter("group", "a group's cases"),
            Parameter("status", "cases in this status", schema={"enum": [s.value for s in CaseStatus]}),
            Parameter("limit", f"up to {PAGE_MAX}", schema={"type": "integer", "maximum": PAGE_MAX}),
            Parameter("after", "`next` of the page before", schema={"type": "integer"}),
        ),
    ),
    RouteDoc(
        "/v1/cases/{case_id}",
        "GET",
        "One case; its ETag is its version",
        responses={200: Answer("the case", Case), **_REFUSALS},
        roles=ROLES,
    ),
    *docs_of(ACTS),
)

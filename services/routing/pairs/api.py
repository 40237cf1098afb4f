"""Merging and splitting cases over HTTP: translation only (RO-1)."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.routing.acts import Actor
from services.routing.api import ACT_HEADERS, ACT_REFUSALS, BODY_LIMIT, ROLES, Body, Words, done, idempotency_key
from services.routing.asked import Pair, PairRequest
from services.routing.desk import Desk
from services.routing.pairs.merging import merge
from services.routing.pairs.splitting import Split, split
from services.routing.state import CaseState
from shared.contracts.cases import Case, CaseKind
from shared.contracts.personal import Personal
from shared.openapi import Answer, RouteDoc
from shared.security.tokens import TokenVerifier
from shared.web import if_match, parse_model, read_body

Number = Annotated[str, Field(min_length=1, max_length=64)]


class MergeBody(Body):
    into: Number = Field(description="number or id of the case that goes on")


class SplitBody(Body):
    """What the new case is about; its parcels and orders leave the old one."""

    subject: Words
    kind: CaseKind
    tag: Number
    priority: int = Field(3, ge=1, le=4, description="1 critical … 4 low")
    tracking_numbers: Annotated[tuple[Number, ...], Field(max_length=20)] = ()
    order_numbers: Annotated[tuple[Number, ...], Field(max_length=20)] = ()


def routes(desk: Desk, verifier: TokenVerifier) -> list[Route]:
    async def merged(request: Request) -> Response:
        wish = parse_model(MergeBody, await read_body(request, BODY_LIMIT))
        return await asked(request, wish, lambda actor: partial(_merge, actor, desk), wish.into)

    async def split_up(request: Request) -> Response:
        wish = parse_model(SplitBody, await read_body(request, BODY_LIMIT))
        return await asked(request, wish, lambda actor: partial(_split, actor, wish, desk), None)

    async def asked(
        request: Request, wish: Body, judge: Callable[[Actor], Callable[..., Pair]], other: str | None
    ) -> Response:
        principal = verifier.require(request, *ROLES)
        actor = desk.actor(principal.subject, principal.roles, principal.groups)
        pair = PairRequest(
            case_id=request.path_params["case_id"],
            actor=actor,
            decide=judge(actor),
            version=if_match(request, "case"),
            key=idempotency_key(request),
            fingerprint=sha256(f"{type(wish).__name__}/{wish.model_dump_json()}".encode()).hexdigest(),
            other=other,
        )
        return await done(desk.do(pair))

    return [
        Route("/v1/cases/{case_id}/merge", merged, methods=["POST"]),
        Route("/v1/cases/{case_id}/split", split_up, methods=["POST"]),
    ]


def _merge(actor: Actor, desk: Desk, state: CaseState, other: CaseState | None, case_id: str, now: datetime) -> Pair:
    assert other is not None
    return merge(state, other, actor, desk.rules, now)


def _split(
    actor: Actor, body: SplitBody, desk: Desk, state: CaseState, other: CaseState | None, case_id: str, now: datetime
) -> Pair:
    wish = Split(
        actor=actor,
        subject=Personal(body.subject),
        kind=body.kind,
        tag=body.tag,
        priority=body.priority,
        tracking_numbers=body.tracking_numbers,
        order_numbers=body.order_numbers,
    )
    return split(state, wish, case_id, desk.rules, now)


ROUTES: tuple[RouteDoc, ...] = tuple(
    RouteDoc(
        f"/v1/cases/{{case_id}}/{name}",
        "POST",
        summary,
        request=body,
        responses={200: Answer("the named case after the act", Case), **ACT_REFUSALS},
        roles=ROLES,
        parameters=ACT_HEADERS,
    )
    for name, summary, body in (
        ("merge", "Merge the case into another one of the same customer; the other goes on", MergeBody),
        ("split", "Open a case of its own for a second matter", SplitBody),
    )
)

"""An agent's own presence: away, back, and the next case for free hands (RO-4). Translation only."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.routing.assigner import Assigner
from services.routing.store import CaseStore
from shared.contracts.cases import Case
from shared.openapi import JSON, PROBLEM, Answer, RouteDoc
from shared.security.tokens import TokenVerifier
from shared.web import Problem

ROLES = ("agent", "lead", "supervisor")


def routes(store: CaseStore, assigner: Assigner, verifier: TokenVerifier) -> list[Route]:
    """Whoever is not of the roster gets 404: nothing is ever given to them."""

    async def away(request: Request) -> Response:
        await _set(request, True)
        return Response(status_code=204)

    async def back(request: Request) -> Response:
        await _set(request, False)
        return Response(status_code=204)

    async def _set(request: Request, is_away: bool) -> None:
        agent = verifier.require(request, *ROLES).subject
        if not store.enrolled(agent):
            raise _unknown()
        await store.set_away(agent, is_away)

    async def following(request: Request) -> Response:
        agent = verifier.require(request, *ROLES).subject
        if not store.enrolled(agent):
            raise _unknown()
        case = await assigner.next_for(agent)
        if case is None:
            return Response(status_code=204)
        body = case.model_dump_json(exclude_none=True)
        return Response(body, media_type=JSON, headers={"ETag": f'"{case.version}"'})

    return [
        Route("/v1/agents/me/away", away, methods=["POST"]),
        Route("/v1/agents/me/back", back, methods=["POST"]),
        Route("/v1/agents/me/next", following, methods=["POST"]),
    ]


def _unknown() -> Problem:
    return Problem(404, "You are not on the roster", "Only agents of the roster are given cases. 您不在排班表中。")


_REFUSALS = {
    401: Answer("no valid token", content_type=PROBLEM),
    403: Answer("the role may not", content_type=PROBLEM),
    404: Answer("not on the roster", content_type=PROBLEM),
}

ROUTES: tuple[RouteDoc, ...] = (
    RouteDoc(
        "/v1/agents/me/away",
        "POST",
        "Nothing more is given to me until I am back",
        responses={204: Answer("noted"), **_REFUSALS},
        roles=ROLES,
    ),
    RouteDoc(
        "/v1/agents/me/back",
        "POST",
        "I am back",
        responses={204: Answer("noted"), **_REFUSALS},
        roles=ROLES,
    ),
    RouteDoc(
        "/v1/agents/me/next",
        "POST",
        "The next case for me: the most urgent one that has waited longest, of those that I can take",
        responses={200: Answer("the case, in my hands", Case), 204: Answer("nothing waits for me"), **_REFUSALS},
        roles=ROLES,
    ),
)

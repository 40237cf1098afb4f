"""Hand-over over HTTP: signing off, handing everything over, and the note on a case (RO-4). Translation only."""

from collections.abc import Awaitable, Callable, Mapping

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.routing.acts import Act, Actor, NoteHandOver
from services.routing.answers import document
from services.routing.api import ROLES, ActRoute, Body, Words, acting, docs_of
from services.routing.desk import Desk
from services.routing.handover.shifts import Shifts
from shared.contracts.handovers import ShiftReason
from shared.contracts.personal import Personal
from shared.messaging.attempts import Unavailable
from shared.openapi import PROBLEM, Answer, RouteDoc
from shared.security.tokens import TokenVerifier
from shared.web import Problem

OFF: Mapping[str, tuple[ShiftReason, str]] = {
    "off": ("signed_off", "I sign off: what I hold is handed over, and nothing is given to me until I am back"),
    "hand-over": ("asked", "Hand over all that I hold, also what waits for its customer; I am away until I am back"),
}


class NoteBody(Body):
    text: Words = Field(description="for whoever has the case next; the customer does not see it")


class HandedOver(BaseModel):
    """How many cases went where."""

    agents: int = Field(description="at once to agents who are there")
    queue: int = Field(description="back into the queues of their groups, with the time that they have waited")
    stays: int = Field(description="wait for their customers, and for me")


def _note(actor: Actor, body: Body) -> Act:
    assert isinstance(body, NoteBody)
    return NoteHandOver(actor, Personal(body.text))


NOTE: Mapping[str, ActRoute] = {
    "hand-over-note": ActRoute(NoteBody, "Note what whoever has the case next must know", _note)
}


def routes(desk: Desk, shifts: Shifts, verifier: TokenVerifier) -> list[Route]:
    """Whoever is not of the roster gets 404."""

    def leaving(reason: ShiftReason) -> Callable[[Request], Awaitable[Response]]:
        async def leave(request: Request) -> Response:
            agent = verifier.require(request, *ROLES).subject
            if not desk.cases.enrolled(agent):
                raise Problem(404, "You are not on the roster", "Only agents of the roster hand over. 您不在排班表中。")
            try:
                went = await shifts.leave(agent, reason)
            except Unavailable as error:
                raise Problem(503, "Busy", "Send the same request again. 系统繁忙，请重试。") from error
            return document(HandedOver(agents=went["agent"], queue=went["queue"], stays=went["stays"]))

        return leave

    acts = [
        Route(f"/v1/cases/{{case_id}}/{name}", acting(desk, verifier, name, kind), methods=["POST"])
        for name, kind in NOTE.items()
    ]
    offs = [Route(f"/v1/agents/me/{name}", leaving(reason), methods=["POST"]) for name, (reason, _) in OFF.items()]
    return [*acts, *offs]


_REFUSALS = {
    401: Answer("no valid token", content_type=PROBLEM),
    403: Answer("the role may not", content_type=PROBLEM),
    404: Answer("not on the roster", content_type=PROBLEM),
    503: Answer("busy; send the same request again", content_type=PROBLEM),
}

ROUTES: tuple[RouteDoc, ...] = (
    *docs_of(NOTE),
    *(
        RouteDoc(
            f"/v1/agents/me/{name}",
            "POST",
            summary,
            responses={200: Answer("what went where", HandedOver), **_REFUSALS},
            roles=ROLES,
        )
        for name, (_, summary) in OFF.items()
    ),
)

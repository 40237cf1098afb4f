"""Where is it: a parcel's track and open exceptions, from the partitions of this process (RO-3, RO-11)."""

from collections.abc import Collection
from typing import Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.routing.parcels.state import KINDS, ParcelState, decode, parcel_of
from shared.messaging.partition_state.batch import instant
from shared.messaging.partition_state.entry import Entry
from shared.openapi import PROBLEM, Answer, RouteDoc
from shared.security.tokens import TokenVerifier
from shared.web import Problem

# Who the consignee is, and how to reach them, is not needed to say where a parcel is.
_WITHOUT = {"shipment": {"consignee"}}

ROUTES: tuple[RouteDoc, ...] = (
    RouteDoc(
        "/v1/parcels/{tracking_number}",
        "GET",
        "Where a parcel is: its track and open exceptions",
        responses={
            200: Answer("parcel, exceptions and whether it was signed for"),
            401: Answer("no valid token", content_type=PROBLEM),
            403: Answer("the role may not", content_type=PROBLEM),
            404: Answer("unknown to the partitions of this process, which `partitions` names", content_type=PROBLEM),
        },
        roles=("agent",),
    ),
)


class Parcels(Protocol):
    """The owner of this process's partitions, as far as it answers questions."""

    @property
    def owned(self) -> Collection[int]: ...

    def find(self, key: bytes) -> Entry | None: ...


def parcel_routes(owner: Parcels, verifier: TokenVerifier) -> list[Route]:
    """GET /v1/parcels/{tracking_number}, for agents."""

    async def where_is(request: Request) -> Response:
        verifier.require(request, "agent")
        number = request.path_params["tracking_number"]
        entry = owner.find(number.encode())
        if entry is None:
            raise _not_here(owner)
        return Response(orjson.dumps(_answer(number, decode(entry.payload))), media_type="application/json")

    return [Route("/v1/parcels/{tracking_number}", where_is, methods=["GET"])]


def _answer(number: str, state: ParcelState) -> dict[str, object]:
    return {
        "parcel": parcel_of(number, state).model_dump(mode="json", exclude_none=True, exclude=_WITHOUT),
        "exceptions": [
            {"exception_id": e.exception_id, "kind": KINDS[e.kind], "since": instant(e.since)}
            for e in state.episodes
            if not e.cleared_at
        ],
        "signed": state.signed,
    }


def _not_here(owner: Parcels) -> Problem:
    return Problem(
        404,
        "No such parcel here",
        "No scan of this number is known to the partitions of this process. Another routing process may own it: ask "
        "each of them, or send a parcel lookup to parcel-events.v1.",
        partitions=sorted(owner.owned),
    )

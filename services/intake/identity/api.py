"""Customers by HTTP, for people of ours: look up, merge, unmerge. Translation only; optimistic (If-Match), RFC 9457."""

from collections.abc import Awaitable, Sequence

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.intake.customers import e164, email_address
from services.intake.identity.circle import Card, Circle
from services.intake.identity.desk import IdentityDesk, StaleVersion, UnknownCustomer
from services.intake.identity.openapi import DECIDERS, QUERIES, READERS, ROUTES, MergeBody, UnmergeBody
from services.intake.identity.store import IdentityStore
from services.intake.identity.verdicts import Refused
from services.intake.identity.view import CustomerList, CustomerView, view_of
from shared.contracts.personal import Personal
from shared.messaging.attempts import Unavailable
from shared.openapi import JSON
from shared.security.identity import IdentityKey
from shared.security.tokens import Principal, Role, TokenVerifier
from shared.web import Problem, if_match, read_model

__all__ = ["ROUTES", "Customers", "routes"]

REVEALED = frozenset({Role.ADJUDICATOR.value, Role.ARCHIVIST.value})
PAGE = 50
BODY_LIMIT = 64 * 1024
LONGEST = 256


class Customers:
    """The routes' answers."""

    def __init__(
        self, store: IdentityStore, desk: IdentityDesk, key: IdentityKey, verifier: TokenVerifier, most_of_one_kind: int
    ) -> None:
        self._store = store
        self._desk = desk
        self._key = key
        self._verifier = verifier
        self._most = most_of_one_kind

    async def one(self, request: Request) -> Response:
        """By any id that ever meant the customer."""
        principal = self._verifier.require(request, *READERS)
        asked = str(request.path_params["customer_id"])
        for stored in await self._store.load([asked]):
            return await self._answer(stored.circle, asked, principal)
        raise _unknown()

    async def search(self, request: Request) -> Response:
        """The customers that one handle, order or parcel leads to."""
        principal = self._verifier.require(request, *READERS)
        ids = await self._ids(request)
        circles = [stored.circle for stored in await self._store.load(ids)]
        cards = {c.customer_id: (c, circle) for circle in circles for i in ids if (c := circle.card_of(i))}
        views = [await self._view(card, circle, principal) for card, circle in cards.values()]
        return _json(CustomerList(customers=tuple(views)))

    async def merge(self, request: Request) -> Response:
        principal = self._verifier.require(request, *DECIDERS)
        body, version = await read_model(request, MergeBody, BODY_LIMIT), if_match(request, "customer")
        asked = str(request.path_params["customer_id"])
        work = self._desk.merge(asked, body.other, version, principal.subject, Personal(body.reason))
        return await self._decided(work, asked, principal)

    async def unmerge(self, request: Request) -> Response:
        principal = self._verifier.require(request, *DECIDERS)
        body, version = await read_model(request, UnmergeBody, BODY_LIMIT), if_match(request, "customer")
        asked = str(request.path_params["customer_id"])
        work = self._desk.unmerge(asked, body.restore, version, principal.subject, Personal(body.reason))
        return await self._decided(work, asked, principal)

    async def _decided(self, work: Awaitable[Circle], asked: str, principal: Principal) -> Response:
        try:
            circle = await work
        except UnknownCustomer as error:
            raise _unknown() from error
        except StaleVersion as error:
            raise Problem(
                412, "The customer has changed", "Read it again and decide again. 客户已变更，请刷新。"
            ) from error
        except Refused as error:
            raise Problem(409, "Not possible", str(error)) from error
        except Unavailable as error:
            raise Problem(503, "Busy", "Read it again and decide again.", {"Retry-After": "1"}) from error
        return await self._answer(circle, asked, principal)

    async def _answer(self, circle: Circle, asked: str, principal: Principal) -> Response:
        card = circle.card_of(asked)
        assert card is not None
        return _json(await self._view(card, circle, principal), {"ETag": f'"{circle.revision}"'})

    async def _view(self, card: Card, circle: Circle, principal: Principal) -> CustomerView:
        elsewhere = {m.other for m in circle.mentions if m.own in card.handles and m.other not in circle.ids}
        others = [stored.circle for stored in await self._store.load(sorted(elsewhere))]
        return view_of(card, circle, others, self._most, bool(REVEALED & principal.roles))

    async def _ids(self, request: Request) -> Sequence[str]:
        query = request.query_params
        given = [name for name in QUERIES if name in query]
        if len(given) != 1 or not 1 <= len(query[given[0]]) <= LONGEST:
            raise Problem(400, "Ask for one thing", f"One of {', '.join(QUERIES)}, up to {LONGEST} characters.")
        name, value = given[0], query[given[0]].strip()
        if name in _PREFIXES:
            return await self._store.referred(f"{_PREFIXES[name]}:{value.upper()}", PAGE)
        if name == "openid":
            return [self._key.customer_id(openid=value)]
        handle = e164(value) if name == "phone" else email_address(value)
        if handle is None:
            raise Problem(400, f"{name} is not valid", "It leads to no one person: a service number, masked, or none.")
        return [self._key.customer_id(phone_e164=handle) if name == "phone" else self._key.customer_id(email=handle)]


_PREFIXES = {"tracking": "p", "order": "o"}


def _json(model: BaseModel, headers: dict[str, str] | None = None) -> Response:
    kept = {"Cache-Control": "no-store", **(headers or {})}
    return Response(model.model_dump_json(exclude_none=True), media_type=JSON, headers=kept)


def _unknown() -> Problem:
    return Problem(404, "No such customer", "Nobody is known by this id. 客户不存在。")


def routes(customers: Customers) -> list[Route]:
    return [
        Route("/v1/customers", customers.search, methods=["GET"]),
        Route("/v1/customers/{customer_id}", customers.one, methods=["GET"]),
        Route("/v1/customers/{customer_id}/merge", customers.merge, methods=["POST"]),
        Route("/v1/customers/{customer_id}/unmerge", customers.unmerge, methods=["POST"]),
    ]

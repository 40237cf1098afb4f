"""The adjudicators' API: queue, claim, decision, evidence, withdrawal, appeal, explanation. Translation only."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services.claims.acts import Act, Acts, NoSuchClaim, Outdated
from services.claims.adjudication import Adjudicated, Appealed, EvidenceDemanded, Withdrawn
from services.claims.claim_file import ClaimFile
from services.claims.explanation import explain
from services.claims.lifecycle import Refused
from services.claims.openapi import DECIDERS, MOST, PAGE, READERS, ROUTES, AppealBody, DecideBody, EvidenceBody
from services.claims.store import ClaimStore, Filter
from services.claims.view import ClaimPage, line, view
from shared.contracts.claims import ClaimState
from shared.contracts.interactions import ClaimKind
from shared.contracts.personal import Personal
from shared.security.tokens import TokenVerifier
from shared.web import Problem, read_model

BODY_LIMIT = 16 * 1024

__all__ = ["ROUTES", "ClaimsApi"]


class ClaimsApi:
    def __init__(self, store: ClaimStore, acts: Acts, verifier: TokenVerifier) -> None:
        self._store = store
        self._acts = acts
        self._verifier = verifier

    def routes(self) -> list[Route]:
        one = "/v1/claims/{claim_id}"
        return [
            Route("/v1/claims", self.queue),
            Route(one, self.show),
            Route(f"{one}/explanation", self.explanation),
            Route(f"{one}/decide", self.decide, methods=["POST"]),
            Route(f"{one}/request-evidence", self.request_evidence, methods=["POST"]),
            Route(f"{one}/withdraw", self.withdraw, methods=["POST"]),
            Route(f"{one}/appeal", self.appeal, methods=["POST"]),
        ]

    async def queue(self, request: Request) -> Response:
        self._verifier.require(request, *READERS)
        wanted, limit = read_filter(request)
        found = await self._store.page(wanted, limit + 1)
        following = _cursor(found[limit - 1]) if len(found) > limit else None
        page = ClaimPage(claims=[line(file) for file in found[:limit]], next=following)
        return Response(page.model_dump_json(), media_type="application/json")

    async def show(self, request: Request) -> Response:
        self._verifier.require(request, *READERS)
        return answer(await self._file(request))

    async def explanation(self, request: Request) -> Response:
        self._verifier.require(request, *READERS)
        file = await self._file(request)
        language = request.query_params.get("lang", file.claim.customer.language)
        if language not in ("zh", "en"):
            raise Problem(400, "Unknown language", "lang is zh or en.")
        return PlainTextResponse(explain(file, language), headers={"Content-Language": language})

    async def decide(self, request: Request) -> Response:
        principal = self._verifier.require(request, *DECIDERS)
        body = await read_model(request, DecideBody, BODY_LIMIT)
        payee = Personal(body.payee) if body.payee else None
        reason = Personal(body.reason)
        return await self._act(request, Adjudicated(principal.subject, body.decision, reason, body.amount_fen, payee))

    async def request_evidence(self, request: Request) -> Response:
        principal = self._verifier.require(request, *DECIDERS)
        body = await read_model(request, EvidenceBody, BODY_LIMIT)
        return await self._act(request, EvidenceDemanded(principal.subject, body.kinds))

    async def withdraw(self, request: Request) -> Response:
        principal = self._verifier.require(request, *READERS)
        return await self._act(request, Withdrawn(principal.subject))

    async def appeal(self, request: Request) -> Response:
        principal = self._verifier.require(request, *READERS)
        body = await read_model(request, AppealBody, BODY_LIMIT)
        return await self._act(request, Appealed(principal.subject, Personal(body.reason)))

    async def _file(self, request: Request) -> ClaimFile:
        claim_id = request.path_params["claim_id"]
        file = (await self._store.by_id([claim_id])).get(claim_id)
        if file is None:
            raise no_such_claim()
        return file

    async def _act(self, request: Request, act: Act) -> Response:
        try:
            return answer(await self._acts.perform(request.path_params["claim_id"], if_match(request), act))
        except NoSuchClaim:
            raise no_such_claim() from None
        except Outdated:
            detail = "Read it again and decide on what it says now."
            raise Problem(412, "The claim changed", detail, detail_zh="该理赔已更新，请重新查看后再操作。") from None
        except Refused as refused:
            status, title = (403, "Somebody else must decide") if refused.four_eyes else (409, "Not possible now")
            raise Problem(status, title, refused.reason.en, detail_zh=refused.reason.zh) from None


def no_such_claim() -> Problem:
    return Problem(404, "No such claim", detail_zh="没有该理赔。")


def answer(file: ClaimFile) -> Response:
    return Response(view(file).model_dump_json(), media_type="application/json", headers={"ETag": f'"{file.revision}"'})


def if_match(request: Request) -> int:
    """The revision that the person saw. `Problem` 428 without the header, 400 where it is not an ETag of ours."""
    given = request.headers.get("if-match")
    if given is None:
        raise Problem(428, "If-Match needed", "Send the ETag of the claim as you saw it.")
    text = given.strip().strip('"')
    if not text.isdecimal():
        raise Problem(400, "If-Match not understood", "Send the ETag of the claim as you saw it.")
    return int(text)


def read_filter(request: Request) -> tuple[Filter, int]:
    """Raises `Problem` 400 that names the parameter."""
    query = request.query_params
    try:
        states = tuple(ClaimState(s) for s in query.getlist("state"))
        kind = ClaimKind(query["kind"]) if "kind" in query else None
        limit = int(query.get("limit", PAGE))
        after = _read_cursor(query["after"]) if "after" in query else None
    except ValueError as error:
        raise Problem(400, "A parameter is not understood", str(error)) from error
    if not 1 <= limit <= MOST:
        raise Problem(400, "A parameter is not understood", f"limit is between 1 and {MOST}.")
    return Filter(states, kind, query.get("tracking_number"), after), limit


def _cursor(file: ClaimFile) -> str:
    return urlsafe_b64encode(f"{file.claim.opened_at.isoformat()}|{file.claim.claim_id}".encode()).decode()


def _read_cursor(text: str) -> tuple[datetime, str]:
    opened, _, claim_id = urlsafe_b64decode(text).decode().partition("|")
    return datetime.fromisoformat(opened), claim_id

"""A payment provider as claims meets it: idempotent payouts, a statement, and the faults of a real one."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime

import structlog
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.settings import CommonSettings
from tools.simulators.faults import PaymentFaults, PayoutFaults
from tools.simulators.pages import page
from tools.simulators.payouts import KeyReusedError, Payout, PayoutBook, PayoutRequest
from tools.simulators.problem import problem
from tools.simulators.server import application, faults_from, serve

log = structlog.get_logger()
# Longer than any caller waits; the answer that "never comes" must not hold a connection for ever.
NEVER_SECONDS = 120
PAGE_LINES = 500


class PaymentSettings(CommonSettings):
    payment_faults: PaymentFaults = PaymentFaults()
    payout_faults: PayoutFaults = PayoutFaults()


class PaymentProvider:
    def __init__(self, settings: PaymentSettings, now: Callable[[], datetime]) -> None:
        self.faults = settings.payment_faults
        self.payout_faults = settings.payout_faults
        self.now = now
        self.book = PayoutBook(settings.state_dir / "payouts.jsonl")
        self.api_key = (settings.secrets_dir / "payment.key").read_text().strip()
        self.attempts: dict[str, int] = {}

    def check_key(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {self.api_key}".encode()):
            raise HTTPException(401, "The API key is missing or wrong.")

    async def create(self, request: Request) -> Response:
        self.check_key(request)
        key = request.headers.get("idempotency-key", "")
        if not 0 < len(key) <= 255:
            return problem(400, "Idempotency-Key missing", "Send a key of 1 to 255 characters.")
        try:
            wanted = PayoutRequest.model_validate_json(await request.body())
        except ValidationError as invalid:
            return problem(400, "Invalid payout", what_is_wrong(invalid))
        fault = self._fault_of_this_attempt(key)
        if fault == "server_error":
            return problem(500, "Internal error")
        if fault == "too_many":
            return problem(429, "Too many requests", headers={"Retry-After": "1"})
        try:
            payout, new = self.book.pay(key, wanted, self.payout_faults, self.now())
        except KeyReusedError:
            return problem(422, "Idempotency-Key reused", "This key belongs to a payout with another body.")
        if new:
            log.info("payout_made", payout_id=payout.payout_id, status=payout.status.value)
        await self._delay(fault)
        return answer(payout, replayed=not new or fault == "delivered_twice")

    def _fault_of_this_attempt(self, key: str) -> str | None:
        """Each attempt draws anew, otherwise a retry would meet its fault for ever."""
        self.attempts[key] = self.attempts.get(key, 0) + 1
        return self.faults.drawn(key, str(self.attempts[key]))

    async def _delay(self, fault: str | None) -> None:
        if fault == "timeout_after_paying":
            await asyncio.sleep(NEVER_SECONDS)
        elif fault == "late":
            await asyncio.sleep(self.faults.late_seconds)

    async def show(self, request: Request) -> Response:
        self.check_key(request)
        payout = self.book.find(request.path_params["payout_id"], self.now())
        return answer(payout, replayed=False) if payout else problem(404, "No such payout")

    async def statement(self, request: Request) -> Response:
        """One line a payout. `since` (ISO time), `after` (the `next` of the page before), `limit`."""
        self.check_key(request)
        try:
            since = datetime.fromisoformat(text) if (text := request.query_params.get("since")) else None
            after = int(request.query_params.get("after", 0))
            limit = min(int(request.query_params.get("limit", PAGE_LINES)), PAGE_LINES)
        except ValueError as wrong:
            return problem(400, "Invalid parameter", str(wrong))
        if since is not None and since.tzinfo is None:
            return problem(400, "Invalid parameter", "since needs a time zone.")
        lines, following = self.book.statement(since, after, limit, self.now())
        return JSONResponse({"lines": [payout.answer() for payout in lines], "next": following})

    async def stats(self, _: Request) -> Response:
        return JSONResponse(dict(self.book.totals(self.now())))

    async def change_payment_faults(self, request: Request) -> Response:
        self.check_key(request)
        self.faults = await faults_from(request, PaymentFaults)
        return Response(status_code=204)

    async def change_payout_faults(self, request: Request) -> Response:
        self.check_key(request)
        self.payout_faults = await faults_from(request, PayoutFaults)
        return Response(status_code=204)

    async def overview(self, request: Request) -> Response:
        now = self.now()
        return page(request, "payouts.html", payouts=self.book.latest(100, now), totals=self.book.totals(now))


def what_is_wrong(invalid: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in invalid.errors())


def answer(payout: Payout, *, replayed: bool) -> JSONResponse:
    return JSONResponse(payout.answer(), headers={"Idempotent-Replayed": "true"} if replayed else None)


def create_app(settings: PaymentSettings) -> Starlette:
    provider = PaymentProvider(settings, settings.clock.now)
    return application(
        [
            Route("/", provider.overview),
            Route("/v1/payouts", provider.create, methods=["POST"]),
            Route("/v1/payouts/{payout_id}", provider.show),
            Route("/v1/statement", provider.statement),
            Route("/v1/stats", provider.stats),
            Route("/v1/faults/payment", provider.change_payment_faults, methods=["PUT"]),
            Route("/v1/faults/payout", provider.change_payout_faults, methods=["PUT"]),
        ]
    )


if __name__ == "__main__":
    settings = PaymentSettings()
    serve(create_app(settings), settings)

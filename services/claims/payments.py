"""The payment port and its HTTP adapter: an order is repeated under the same idempotency key until it is answered."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal, Protocol

import httpx
import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from services.claims.reconciliation import StatementLine
from services.claims.settlement import PayoutAnswered
from shared.contracts.claims import PayoutRequested
from shared.messaging.handler import InvalidEvent, TransientFailure

log = structlog.get_logger()

REFUSED = 422


class Payments(Protocol):
    """What the claims service needs of a payment provider."""

    async def pay(self, order: PayoutRequested) -> PayoutAnswered:
        """Pay once, however often it is called for one decision. Raises `TransientFailure` where the provider
        did not answer (the money may have moved: call again), `InvalidEvent` where it never will."""
        ...

    async def standing(self, decision_id: str, provider_ref: str) -> PayoutAnswered:
        """How a payment stands now. Raises `TransientFailure`."""
        ...

    def statement(self, since: datetime | None) -> AsyncIterator[StatementLine]:
        """All payments made since then, oldest first. Raises `TransientFailure`."""
        ...


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    payout_id: str
    status: Literal["succeeded", "pending", "refused", "returned"]


class HttpPayments:
    """POST /v1/payouts, GET /v1/payouts/{id} and GET /v1/statement, with a bearer key."""

    def __init__(
        self,
        url: str,
        key: str,
        timeout_s: float,
        parallel: int = 8,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._parallel = asyncio.Semaphore(parallel)
        self._client = httpx.AsyncClient(
            base_url=url, timeout=timeout_s, headers={"authorization": f"Bearer {key}"}, transport=transport
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def pay(self, order: PayoutRequested) -> PayoutAnswered:
        body = {
            "amount_fen": order.amount_fen,
            "currency": order.currency,
            "payee": {"account": order.payee.reveal()},
            "reference": order.reference,
        }
        response = await self._send("POST", "/v1/payouts", json=body, headers={"idempotency-key": order.decision_id})
        if response.status_code == REFUSED:
            if "key" in _title(response).lower():
                raise InvalidEvent("the idempotency key of this decision was used for another payment")
            return PayoutAnswered(order.decision_id, "refused", None)
        return self._answer(order.decision_id, response)

    async def standing(self, decision_id: str, provider_ref: str) -> PayoutAnswered:
        return self._answer(decision_id, await self._send("GET", f"/v1/payouts/{provider_ref}"))

    async def statement(self, since: datetime | None) -> AsyncIterator[StatementLine]:
        params: dict[str, str] = {"since": since.isoformat()} if since else {}
        while True:
            response = await self._send("GET", "/v1/statement", params=params)
            page = self._body(response)
            for line in page["lines"]:
                yield StatementLine(**{**line, "created_at": datetime.fromisoformat(line["created_at"])})
            if page.get("next") is None:
                return
            params = {**params, "after": str(page["next"])}

    async def _send(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        try:
            async with self._parallel:
                return await self._client.request(method, path, **kwargs)
        except httpx.HTTPError as error:
            raise TransientFailure(f"payment provider: {type(error).__name__}") from error

    def _answer(self, decision_id: str, response: httpx.Response) -> PayoutAnswered:
        self._check(response)
        try:
            answer = _Answer.model_validate_json(response.content)
        except ValidationError as error:
            raise TransientFailure("payment provider: an answer that cannot be read") from error
        return PayoutAnswered(decision_id, answer.status, answer.payout_id)

    def _body(self, response: httpx.Response) -> Any:
        self._check(response)
        return response.json()

    def _check(self, response: httpx.Response) -> None:
        """Anything but success may pass: overload, a deploy, or a key that somebody has to mend."""
        if response.is_success:
            return
        if response.status_code in (401, 403):
            log.error("payment_key_refused", status=response.status_code)
        raise TransientFailure(f"payment provider answered {response.status_code}")


def _title(response: httpx.Response) -> str:
    try:
        return str(response.json().get("title", ""))
    except ValueError:
        return ""

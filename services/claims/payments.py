"""The payment port and its HTTP adapter: an order is repeated under the same idempotency key until it is answered."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

import orjson
import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from services.claims.reconciliation import StatementLine
from services.claims.settlement import PayoutAnswered
from shared.contracts.claims import PayoutRequested
from shared.http_client import Answer, HttpClient, HttpFailure, Limits
from shared.messaging.handler import InvalidEvent, TransientFailure

log = structlog.get_logger()

REFUSED = 422
MOST_BYTES = 4 * 1024 * 1024
"""Of one answer; a page of the statement is the longest."""


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
        client: HttpClient | None = None,
    ) -> None:
        """`parallel`: requests side by side; the others wait with no time running."""
        self._url = url.rstrip("/")
        self._key = {"authorization": f"Bearer {key}"}
        self._parallel = asyncio.Semaphore(parallel)
        self._client = client or HttpClient(Limits(timeout_s, parallel, MOST_BYTES), "ParcelCare-claims/1")

    async def close(self) -> None:
        await self._client.close()

    async def pay(self, order: PayoutRequested) -> PayoutAnswered:
        body = {
            "amount_fen": order.amount_fen,
            "currency": order.currency,
            "payee": {"account": order.payee.reveal()},
            "reference": order.reference,
        }
        headers = {"content-type": "application/json", "idempotency-key": order.decision_id}
        response = await self._send("POST", "/v1/payouts", body=orjson.dumps(body), headers=headers)
        if response.status == REFUSED:
            if "key" in _title(response).lower():
                raise InvalidEvent("the idempotency key of this decision was used for another payment")
            return PayoutAnswered(order.decision_id, "refused", None)
        return self._answer(order.decision_id, response)

    async def standing(self, decision_id: str, provider_ref: str) -> PayoutAnswered:
        return self._answer(decision_id, await self._send("GET", f"/v1/payouts/{provider_ref}"))

    async def statement(self, since: datetime | None) -> AsyncIterator[StatementLine]:
        params: dict[str, str | int] = {"since": since.isoformat()} if since else {}
        while True:
            response = await self._send("GET", "/v1/statement", params=params)
            page = self._body(response)
            for line in page["lines"]:
                yield StatementLine(**{**line, "created_at": datetime.fromisoformat(line["created_at"])})
            if page.get("next") is None:
                return
            params = {**params, "after": str(page["next"])}

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        try:
            async with self._parallel:
                return await self._client.request(
                    method, self._url + path, body=body, params=params, headers={**self._key, **(headers or {})}
                )
        except HttpFailure as failure:
            raise TransientFailure(f"payment provider: {failure.reason}") from failure

    def _answer(self, decision_id: str, response: Answer) -> PayoutAnswered:
        self._check(response)
        try:
            answer = _Answer.model_validate_json(response.body)
        except ValidationError as error:
            raise TransientFailure("payment provider: an answer that cannot be read") from error
        return PayoutAnswered(decision_id, answer.status, answer.payout_id)

    def _body(self, response: Answer) -> Any:
        self._check(response)
        return response.json()

    def _check(self, response: Answer) -> None:
        """Anything but success may pass: overload, a deploy, or a key that somebody has to mend."""
        if response.is_success:
            return
        if response.status in (401, 403):
            log.error("payment_key_refused", status=response.status)
        raise TransientFailure(f"payment provider answered {response.status}")


def _title(response: Answer) -> str:
    try:
        return str(response.json().get("title", ""))
    except (ValueError, AttributeError):
        return ""

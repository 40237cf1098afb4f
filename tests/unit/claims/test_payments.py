"""CL-7: the HTTP adapter of the payment provider: what passes, what is refused, and what never will be answered."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import orjson
import pytest

from services.claims.payments import HttpPayments
from shared.contracts.claims import PayoutRequested
from shared.contracts.personal import Personal
from shared.messaging.handler import InvalidEvent, TransientFailure
from tests.answering import answered_by

pytestmark = pytest.mark.req("CL-7")

ORDER = PayoutRequested(
    decision_id="d-1", claim_id="c-1", amount_fen=8_400, payee=Personal("6222020000001234"), reference="LP1-1"
)


def provider(answer: Callable[[httpx.Request], httpx.Response]) -> HttpPayments:
    return HttpPayments("http://payment", "sk_test", 1.0, client=answered_by(answer))


def answering(status: int, body: object) -> HttpPayments:
    return provider(lambda _: httpx.Response(status, json=body))


async def test_an_order_on_the_wire() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"payout_id": "po_1", "status": "succeeded"})

    answered = await provider(answer).pay(ORDER)

    (request,) = seen
    assert (request.method, request.url.path) == ("POST", "/v1/payouts")
    assert request.headers["idempotency-key"] == "d-1"
    assert request.headers["authorization"] == "Bearer sk_test"
    assert orjson.loads(request.content) == {
        "amount_fen": 8_400,
        "currency": "CNY",
        "payee": {"account": "6222020000001234"},
        "reference": "LP1-1",
    }
    assert (answered.decision_id, answered.status, answered.provider_ref) == ("d-1", "succeeded", "po_1")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 502, 503])
async def test_what_may_pass_is_tried_again(status: int) -> None:
    with pytest.raises(TransientFailure):
        await answering(status, {"title": "?"}).pay(ORDER)


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
async def test_no_answer_is_tried_again(error: type[httpx.TransportError]) -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise error("no answer", request=request)

    with pytest.raises(TransientFailure, match=error.__name__):
        await provider(silent).pay(ORDER)


@pytest.mark.parametrize("body", [{}, {"payout_id": "po_1", "status": "lost"}, [1]])
async def test_an_answer_that_cannot_be_read_is_tried_again(body: object) -> None:
    with pytest.raises(TransientFailure, match="cannot be read"):
        await answering(200, body).pay(ORDER)


async def test_a_payment_that_the_provider_will_not_make() -> None:
    refused = await answering(422, {"title": "Account closed"}).pay(ORDER)

    assert (refused.status, refused.provider_ref) == ("refused", None)


async def test_a_key_that_was_used_for_another_payment_is_no_refusal() -> None:
    """Money may have moved under this key: nobody may decide again as if nothing had."""
    with pytest.raises(InvalidEvent):
        await answering(422, {"title": "Idempotency-Key reused"}).pay(ORDER)


async def test_the_statement_is_read_to_its_end() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        after = int(request.url.params.get("after", 0))
        assert request.url.params["since"] == "2026-11-01T00:00:00+00:00"
        line = {
            "payout_id": f"po_{after}",
            "status": "succeeded",
            "amount_fen": after + 1,
            "currency": "CNY",
            "reference": f"LP-{after}",
            "created_at": "2026-11-02T00:00:00+00:00",
        }
        return httpx.Response(200, json={"lines": [line], "next": after + 1 if after < 2 else None})

    lines = [line async for line in provider(answer).statement(datetime(2026, 11, 1, tzinfo=UTC))]

    assert [line.amount_fen for line in lines] == [1, 2, 3]
    assert lines[0].created_at == datetime(2026, 11, 2, tzinfo=UTC)

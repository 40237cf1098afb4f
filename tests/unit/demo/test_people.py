"""Agents and adjudicators through their APIs: right versions, fresh keys, nobody's work done twice."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from demo.people import adjudicators as adjudicating
from demo.people import agents as desk
from demo.people.adjudicators import Adjudicator
from demo.people.agents import Agent
from demo.people.api import Api, Unreachable
from demo.people.manner import answer, question, reason, summary
from shared.clock import Clock
from shared.contracts.cases import CaseKind
from tests.answering import answered_by

pytestmark = pytest.mark.req("RO-15", "CL-6")
NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
QUICK = Clock(NOW, NOW, 1e9)
Respond = Callable[[httpx.Request], httpx.Response]


def case(**more: Any) -> dict[str, Any]:
    return {
        "case_id": "k1",
        "version": 3,
        "status": "assigned",
        "channel": "web",
        "contacts": 1,
        "customer": {"customer_id": "c", "language": "zh"},
        "classification": {"kind": "query", "tags": ["where_is"]},
        **more,
    }


class Service:
    """Keeps what was asked; answers acts with the next version, or with what the test wants."""

    def __init__(self, respond: Respond | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.respond = respond

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.respond and (given := self.respond(request)) is not None:
            return given
        if request.method == "GET" and request.url.path == "/v1/cases":
            return httpx.Response(200, json={"cases": []})
        version = int(request.headers.get("if-match", '"3"').strip('"')) + 1
        return httpx.Response(200, json=case(version=version), headers={"etag": f'"{version}"'})

    @property
    def acts(self) -> list[str]:
        return [r.url.path.rsplit("/", 1)[1] for r in self.requests if r.method == "POST"]

    def api(self) -> Api:
        return Api(answered_by(self), ["http://service"], "token", random.Random(1))


def agent(service: Service, seed: int = 2) -> Agent:
    return Agent("chen.jing", ("general",), service.api(), QUICK, random.Random(seed), Counter())


async def test_a_case_is_answered_and_then_ended_on_the_version_that_came_back() -> None:
    service = Service()
    await agent(service).handle(case())
    assert service.acts in (["reply", "resolve"], ["reply", "close"])
    assert [r.headers["if-match"] for r in service.requests] == ['"3"', '"4"']
    assert len({r.headers["idempotency-key"] for r in service.requests}) == 2
    assert {r.headers["authorization"] for r in service.requests} == {"Bearer token"}
    assert orjson.loads(service.requests[1].content)["summary"]


async def test_sometimes_the_customer_is_asked_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "ASK_SHARE", 1.0)
    service = Service()
    await agent(service).handle(case())
    assert service.acts == ["wait"]


async def test_somebody_elses_change_means_reading_again() -> None:
    stale = iter([httpx.Response(412, json={})])

    def respond(request: httpx.Request) -> httpx.Response | None:
        if request.method == "GET":
            return httpx.Response(200, json=case(version=9), headers={"etag": '"9"'})
        return next(stale, None)

    service = Service(respond)  # type: ignore[arg-type]
    one = agent(service)
    reply = await one.act(case(), "reply", {"text": "好"})
    assert reply.done
    assert [r.headers.get("if-match") for r in service.requests] == ['"3"', None, '"9"']
    assert one.counts["read again"] == 1


async def test_what_was_answered_is_left_alone_until_the_customer_writes_again() -> None:
    one = agent(Service())
    assert one.wants_work(case())
    await one.handle(case())
    assert not one.wants_work(case())
    assert one.wants_work(case(contacts=2))
    assert not one.wants_work(case(contacts=2, status="resolved"))


async def test_a_refused_answer_is_not_taken_for_one() -> None:
    service = Service(lambda request: httpx.Response(409, json={"reason": "wrong_status"}))
    one = agent(service)
    await one.handle(case())
    assert one.wants_work(case())
    assert one.counts["replied"] == 0


async def test_the_same_act_is_repeated_under_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([httpx.Response(503), httpx.Response(503)])
    service = Service(lambda request: next(answers, None))  # type: ignore[arg-type, return-value]
    reply = await service.api().act("/v1/cases/k1/reply", {"text": "好"}, '"3"')
    assert reply.done
    assert len({r.headers["idempotency-key"] for r in service.requests}) == 1
    assert len(service.requests) == 3


async def test_a_service_that_stays_down_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.people.api.TRIES", 2)
    with pytest.raises(Unreachable):
        await Service(lambda request: httpx.Response(503)).api().get("/v1/cases")


async def test_an_idle_agent_takes_from_the_groups_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "TAKE_SHARE", 1.0)

    def respond(request: httpx.Request) -> httpx.Response | None:
        if "group" in request.url.params:
            return httpx.Response(200, json={"cases": [case(status="queued")]})
        return None

    service = Service(respond)  # type: ignore[arg-type]
    assert await agent(service).look()
    assert service.acts == ["take"]


def claim(**more: Any) -> dict[str, Any]:
    return {
        "claim_id": "c1",
        "revision": 2,
        "claimed_fen": 20000,
        "award_fen": 12800,
        "payee": "622***",
        "proposal": None,
        "evidence_required": [],
        "acts": ["decide"],
        **more,
    }


def adjudicator(service: Service, seed: int = 1) -> Adjudicator:
    return Adjudicator("ye.qing", service.api(), QUICK, random.Random(seed), Counter())


@pytest.mark.parametrize("seed", range(5))
async def test_the_computed_award_is_decided(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adjudicating, "REJECT_SHARE", 0.0)
    service = Service()
    await adjudicator(service, seed).decide(claim(), '"2"')
    body = orjson.loads(service.requests[0].content)
    assert (body["decision"], body["amount_fen"]) == ("partly", 12800)
    assert body["reason"]
    assert "payee" not in body
    assert service.requests[0].headers["if-match"] == '"2"'


async def test_a_claim_in_which_there_is_nothing_to_do_is_opened_once_until_it_changes() -> None:
    line = {"claim_id": "c1", "second_confirm": True}

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/claims":
            return httpx.Response(200, json={"claims": [line]})
        return httpx.Response(200, json=claim(acts=[]))

    service = Service(respond)
    one = adjudicator(service)
    for _ in range(3):
        await one.look()
    line["second_confirm"] = False
    await one.look()
    assert [r.url.path for r in service.requests].count("/v1/claims/c1") == 2


def test_a_colleagues_proposal_is_confirmed_as_it_is() -> None:
    one = adjudicator(Service())
    body = one.verdict(claim(proposal={"verdict": "approve", "amount_fen": 1_600_000, "by": "xu.hong"}))
    assert (body["decision"], body["amount_fen"]) == ("approve", 1_600_000)


def test_without_an_account_one_is_named() -> None:
    bodies = [adjudicator(Service(), seed).verdict(claim(payee=None)) for seed in range(20)]
    assert all("payee" in body for body in bodies if body["decision"] != "reject")
    assert {body["decision"] for body in bodies} == {"partly", "reject"}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", [kind.value for kind in CaseKind])
def test_there_is_an_answer_for_every_kind_of_case(language: str, kind: str) -> None:
    asked = case(
        customer={"customer_id": "c", "language": language}, classification={"kind": kind, "tags": ["no_such_tag"]}
    )
    rng = random.Random(1)
    assert len(answer(rng, asked)) > 15
    assert question(rng, asked)
    assert summary(rng, asked)
    assert all(reason(rng, verdict, language) for verdict in ("approve", "partly", "reject"))

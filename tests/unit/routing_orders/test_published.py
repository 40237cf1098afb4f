"""The playbook as customers read it: by language, as page, JSON and spoken sentence (RO-10)."""

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from services.routing.pages import Assets, Pages
from services.routing.published.api import routes
from shared.contracts.parcels import Node
from shared.web import problem_handlers
from tests.unit.routing_orders.test_playbook import BOOK

pytestmark = pytest.mark.req("RO-10")
APP = Starlette(
    routes=[*routes(BOOK, Pages()), Mount("/static/routing", Assets())], exception_handlers=problem_handlers()
)


async def get(path: str, accept: str = "", **query: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://x") as client:
        return await client.get(path, params=query, headers={"Accept-Language": accept})


@pytest.mark.parametrize(
    ("accept", "query", "language"),
    [
        ("", {}, "zh"),
        ("en-GB,en;q=0.9,zh;q=0.5", {}, "en"),
        ("zh-CN,en;q=0.9", {}, "zh"),
        ("fr,en;q=0.1", {}, "en"),
        ("zh", {"language": "en"}, "en"),
        ("en;q=nonsense", {}, "zh"),
    ],
)
async def test_language(accept: str, query: dict[str, str], language: str) -> None:
    answer = await get("/v1/playbook", accept, **query)
    assert answer.headers["content-language"] == answer.json()["language"] == language


async def test_all_nodes_in_order_and_nothing_internal() -> None:
    book: dict[str, Any] = (await get("/v1/playbook", language="en")).json()
    assert [node["node"] for node in book["nodes"]] == list(Node)
    assert [node["number"] for node in book["nodes"]] == list(range(1, 13))
    assert "steps" not in book["nodes"][0]["advice"][0]


async def test_one_node_and_one_symptom_by_the_fall_back() -> None:
    hub = (await get("/v1/playbook/hub_in", language="zh")).json()
    assert {row["symptom"] for row in hub["advice"]} >= {"lost", "damaged", "misrouted"}
    (row,) = (await get("/v1/playbook/hub_in", language="zh", symptom="fee")).json()["advice"]
    assert row["who"] == "结算部"


async def test_one_sentence_for_a_menu() -> None:
    said = await get("/v1/playbook/signed", language="zh", format="speech", symptom="not_received")
    assert said.text == "签收，显示签收未收到：由快递员处理，2小时内给您答复。\n"
    assert said.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/v1/playbook/moon", {}, 404),
        ("/v1/playbook/signed", {"symptom": "hiccups"}, 404),
        ("/v1/playbook", {"language": "fr"}, 400),
        ("/v1/playbook", {"format": "smoke"}, 400),
    ],
)
async def test_a_wrong_question_is_answered_with_what_is_right(path: str, query: dict[str, str], status: int) -> None:
    answer = await get(path, **query)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_page_shows_every_question_and_loads_nothing_from_outside(language: str) -> None:
    page = await get("/playbook", language=language)
    assert page.headers["content-type"].startswith("text/html")
    assert "http://" not in page.text
    assert "https://" not in page.text
    for entry in BOOK.entries:
        assert entry.question[language].replace("'", "&#39;") in page.text
    style = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert (await get(style)).status_code == 200

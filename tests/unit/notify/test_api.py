"""The routes of the progress page without a database: who sees what, with which headers."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from services.notify.api import ROUTES, ProgressApi
from services.notify.example import CASE_ID, START
from services.notify.indicators import Indicators
from services.notify.links import Links
from services.notify.live import Subscription, TooManyWatchers, Watcher
from services.notify.store import ViewsUnavailable
from services.notify.view import View
from shared.security.tokens import Role, TokenVerifier, issue_local
from shared.settings import CommonSettings
from shared.web import problem_handlers
from tests.unit.notify.events import LINKS
from tests.unit.notify.test_page import PAGES, after
from tools.secret_files import ensure


class FakeStore:
    def __init__(self, view: View) -> None:
        self.view = view
        self.down = False
        self.asked = 0
        self.reads = 0

    async def by_token(self, token: str) -> View | None:
        if self.down:
            raise ViewsUnavailable
        return self.view if token == LINKS.token(self.view.case_id) else None

    async def knows(self, case_id: str) -> bool:
        return case_id == self.view.case_id

    async def versions(self, case_ids: list[str]) -> dict[str, int]:
        self.asked += 1
        return {self.view.case_id: self.view.version}

    async def read(self, case_ids: list[str]) -> dict[str, View]:
        self.reads += 1
        return dict.fromkeys(case_ids, self.view)


@pytest.fixture
def store() -> FakeStore:
    return FakeStore(after(5))


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    ensure(tmp_path)
    return tmp_path


@pytest.fixture
async def client(store: FakeStore, secrets: Path) -> AsyncIterator[httpx.AsyncClient]:
    indicators = Indicators(CollectorRegistry())
    api = ProgressApi(
        store=store,  # type: ignore[arg-type]
        pages=PAGES,
        watcher=Watcher(store, indicators, 0),  # type: ignore[arg-type]
        links=LINKS,
        verifier=TokenVerifier.from_settings(CommonSettings(secrets_dir=secrets)),
        indicators=indicators,
        now=lambda: START + timedelta(hours=6),
    )
    app = Starlette(routes=api.routes(), exception_handlers=problem_handlers())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://notify") as made:
        yield made


PAGE = f"/p/{LINKS.token(CASE_ID)}"


@pytest.mark.req("NO-5", "SY-5")
async def test_the_page_is_private_in_every_header(client: httpx.AsyncClient) -> None:
    page = await client.get(PAGE)
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-robots-tag"].startswith("noindex")
    assert page.headers["cache-control"] == "no-store"
    assert (await client.head(PAGE)).status_code == 200


@pytest.mark.req("NO-5")
async def test_the_language_is_the_customers_unless_the_address_says_otherwise(client: httpx.AsyncClient) -> None:
    assert "等待您补充材料" in (await client.get(PAGE)).text
    assert "We need documents from you" in (await client.get(PAGE + "?lang=en")).text
    assert "等待您补充材料" in (await client.get(PAGE + "?lang=fr")).text


@pytest.mark.req("NO-5")
@pytest.mark.parametrize(
    ("accept", "expected"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "找不到这个进度页"), ("en-GB,en;q=0.9", "find this page"), ("", "找不到这个进度页")],
)
@pytest.mark.parametrize("token", ["A" * 22, "short", "..%2f..", "$ne"])
async def test_an_unknown_token_gets_a_friendly_404(
    client: httpx.AsyncClient, token: str, accept: str, expected: str
) -> None:
    lost = await client.get(f"/p/{token}", headers={"accept-language": accept})
    assert lost.status_code == 404
    if token != "..%2f..":
        assert expected in lost.text
        assert "12305" in lost.text
    assert CASE_ID not in lost.text


@pytest.mark.req("NO-5")
async def test_a_database_that_is_away_gets_a_page_that_says_so(client: httpx.AsyncClient, store: FakeStore) -> None:
    store.down = True
    page = await client.get(PAGE)
    assert (page.status_code, page.headers["retry-after"]) == (503, "60")
    assert "暂时无法显示进度" in page.text
    assert (await client.get(PAGE + "/events")).status_code == 503


@pytest.mark.req("NO-5")
async def test_the_stream_is_refused_where_it_can_not_be_served(client: httpx.AsyncClient) -> None:
    assert (await client.get("/p/" + "A" * 22 + "/events")).status_code == 404
    full = await client.get(PAGE + "/events")
    assert (full.status_code, full.headers["retry-after"]) == (503, "30")
    assert full.headers["content-type"] == "application/problem+json"


@pytest.mark.req("NO-5", "SY-4")
async def test_the_link_is_for_agents(client: httpx.AsyncClient, secrets: Path) -> None:
    path = f"/v1/cases/{CASE_ID}/progress-link"
    head = {"authorization": f"Bearer {issue_local(secrets, 'alice', [Role.AGENT])}"}
    answer = await client.get(path, headers=head)
    assert answer.json()["url"] == f"https://service.example{PAGE}"
    assert (await client.get("/v1/cases/other/progress-link", headers=head)).status_code == 404
    assert (await client.get(path)).status_code == 401


@pytest.mark.req("NO-5")
async def test_style_and_script_come_from_here_and_may_be_kept(client: httpx.AsyncClient) -> None:
    html = (await client.get(PAGE)).text
    addresses = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert all(a.startswith(("/static/progress/", "#", "?lang=", "mailto:")) for a in addresses)
    for address in (a for a in addresses if a.startswith("/static")):
        asset = await client.get(address)
        assert asset.status_code == 200
        assert "immutable" in asset.headers["cache-control"]


@pytest.mark.req("SY-7")
def test_every_own_route_is_described(store: FakeStore) -> None:
    described = {route.path for route in ROUTES}
    api: Any = ProgressApi(*[None] * 7)  # type: ignore[arg-type]
    served = {route.path for route in api.routes() if not route.path.startswith("/static")}
    assert described == served


@pytest.mark.req("NO-5")
def test_links_are_the_same_every_time_and_can_not_be_guessed(tmp_path: Path) -> None:
    assert LINKS.token("a") == LINKS.token("a") != LINKS.token("b")
    other = Links("https://service.example", b"another key of thirty-two characters")
    assert other.token("a") != LINKS.token("a")
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", LINKS.token("a"))
    assert "thirty-two" not in repr(other)
    (tmp_path / "progress.key").write_text("too short")
    with pytest.raises(ValueError, match="32 random characters"):
        Links.load("x", tmp_path)


@pytest.mark.req("NO-5")
async def test_one_question_for_all_watched_cases_and_the_latest_view_for_each(store: FakeStore) -> None:
    watcher = Watcher(store, Indicators(CollectorRegistry()), 3)  # type: ignore[arg-type]
    await watcher.poll()
    assert store.asked == 0
    version = store.view.version
    current, behind = Subscription(version), Subscription(version - 1)
    with watcher.watch(CASE_ID, current), watcher.watch(CASE_ID, behind):
        await watcher.poll()
        views = behind.views()
        assert (await anext(views)).version == version
        store.view = replace(store.view, version=version + 1)
        await watcher.poll()
        store.view = replace(store.view, version=version + 2)
        await watcher.poll()
        await watcher.poll()
        assert (store.asked, store.reads) == (4, 3)
        assert (await anext(current.views())).version == version + 2
        assert (await anext(views)).version == version + 2
    await watcher.poll()
    assert store.asked == 4


@pytest.mark.req("NO-5")
def test_a_process_watches_so_many_pages_and_no_more(store: FakeStore) -> None:
    watcher = Watcher(store, Indicators(CollectorRegistry()), 1)  # type: ignore[arg-type]
    with watcher.watch("a", Subscription(0)):
        assert watcher.full
        with pytest.raises(TooManyWatchers), watcher.watch("b", Subscription(0)):
            pass
    assert not watcher.full

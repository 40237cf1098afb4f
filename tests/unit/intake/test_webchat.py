"""The chat widget's rules, seals and threads, and its HTTP edge without Kafka and MongoDB (IN-1, IN-8)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from services.intake.credentials import Credentials, GatewaySecrets
from services.intake.handlers import Reception
from services.intake.objects.rules import object_rules
from services.intake.objects.store import ObjectStore
from services.intake.webchat import seals
from services.intake.webchat.api import WidgetApi
from services.intake.webchat.casenews import CASE_NEWS, CaseNews
from services.intake.webchat.handlers import ThreadHandler
from services.intake.webchat.limits import Limits
from services.intake.webchat.store import ThreadStore
from services.intake.webchat.thread import Thread, followed
from shared.contracts.cases import CASE_CHANGED, CaseChanged, CaseStatus, ContactAdded, Opened, Replied
from shared.contracts.interactions import Interaction
from shared.contracts.people import Channel, ContactKind
from shared.contracts.personal import Personal
from shared.messaging.message import Incoming
from shared.web import problem_handlers
from tests.unit.claims.build import case
from tests.unit.intake.edge import Edge
from tests.unit.intake.given import GATEWAYS, IDENTITY, NOW

SHOP, OWN, SECRET = "http://localhost:8088", "http://care.test", "a secret of the widget's gateway"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)


class Threads(ThreadStore):
    """The database's part, as a list."""

    def __init__(self) -> None:
        self.all: list[Thread] = []

    async def opened_by(self, interaction_ids: Sequence[str]) -> list[Thread]:
        return [t for t in self.all if t.opened_by in interaction_ids]


class Page:
    """A page of a shop, and the intake that it speaks to."""

    def __init__(self, directory: Path, **widget: Any) -> None:
        edge = Edge()
        self.publisher, self.threads = edge.publisher, Threads()
        secrets = Credentials({"care": GatewaySecrets(hmac_secret=SECRET)})
        objects = ObjectStore(f"file://{directory}", object_rules(), 10)
        reception = Reception(secrets, IDENTITY, edge.reception.admission, self.publisher, edge.reception._indicators)
        gateway = GATEWAYS["care"]
        assert gateway.widget
        gateway = gateway.model_copy(update={"widget": gateway.widget.model_copy(update=widget)})
        limits = Limits(lambda: 0.0)
        api = WidgetApi(
            {"/web/care": gateway},
            secrets,
            reception,
            objects,
            self.threads,
            limits,
            lambda: NOW,
            lambda: uuid4().hex,
            OWN,
        )
        app = Starlette(routes=api.routes(), exception_handlers=problem_handlers())
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=OWN, headers={"Origin": SHOP})
        self.token = ""

    async def begin(self, token: str | None = None) -> str:
        answer = await self.http.post("/web/care/session", json={"token": token})
        assert answer.status_code == 200
        self.token = answer.json()["token"]
        return self.token

    @property
    def proof(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def send(self, **fields: Any) -> httpx.Response:
        return await self.http.post("/web/care/messages", json=message(**fields), headers=self.proof)

    async def upload(self, content: bytes, kind: str = "image/png") -> httpx.Response:
        return await self.http.post("/web/care/files", content=content, headers=self.proof | {"content-type": kind})

    def interactions(self) -> list[Interaction]:
        return [Interaction.model_validate_json(m.value) for m in self.publisher.of("interactions.v1")]


def message(**fields: Any) -> dict[str, Any]:
    given = {"id": str(uuid4()), "language": "zh", "customer": {"phone": "13812345678"}, "text": "包裹破损了"}
    return given | fields


@pytest.fixture
async def page(tmp_path: Path) -> Page:
    made = Page(tmp_path)
    await made.begin()
    return made


@pytest.mark.req("IN-1", "IN-6")
async def test_a_message_becomes_one_contact_however_often_it_is_sent(page: Page) -> None:
    fields = message(age_s=3600)
    first, again = [await page.send(**fields) for _ in range(2)]
    assert (first.status_code, first.json()) == (202, again.json())
    contacts = page.interactions()
    assert {c.interaction_id for c in contacts} == {first.json()["id"]}
    contact = contacts[0]
    assert (contact.channel, contact.gateway) == (Channel.WEB, "care")
    assert contact.customer.reach(ContactKind.PHONE) == "+8613812345678"
    assert contact.customer.reach(ContactKind.OPENID) is None, "an unchecked handle would merge people"
    assert contact.occurred_at == NOW - timedelta(hours=1)
    await page.begin()
    assert (await page.send(**fields)).json()["id"] != first.json()["id"], "another visitor's id is another message"


@pytest.mark.req("IN-1")
async def test_a_renewed_session_is_the_same_visitor(page: Page) -> None:
    fields = message()
    first = await page.send(**fields)
    await page.begin(page.token)
    assert (await page.send(**fields)).json() == first.json()


@pytest.mark.req("IN-1", "IN-4")
async def test_a_claim_names_its_files_by_receipt_and_nobody_elses(page: Page) -> None:
    taken = await page.upload(PNG)
    assert taken.status_code == 201
    form = {"kind": "damage", "tracking_number": "SF1234567890123", "claimed": "199.50"}
    file = {"receipt": taken.json()["receipt"], "name": "箱子.png", "evidence": "damage_photo"}
    answer = await page.send(topic="claim", form=form, files=[file])
    assert answer.status_code == 202, answer.text
    (contact,) = page.interactions()
    assert contact.claim
    assert contact.claim.claimed_fen == 19950
    (attached,) = contact.attachments
    assert (attached.content_type, attached.size) == ("image/png", len(PNG))
    assert attached.ref == f"object:{attached.sha256}"
    await page.begin()
    stolen = await page.send(files=[file])
    assert (stolen.status_code, stolen.json()["errors"][0]["pointer"]) == (422, "/files/0/receipt")


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"customer": {}}, ""),
        ({"customer": {"phone": "123"}}, "/customer/phone"),
        ({"customer": {"email": "nobody"}}, "/customer/email"),
        ({"website": "http://robot.example"}, "/website"),
        ({"text": " "}, ""),
        ({"topic": "claim"}, ""),
        ({"id": "1"}, "/id"),
        ({"topic": "return", "order_numbers": ["!"]}, "/order_numbers/0"),
    ],
)
async def test_what_is_wrong_is_told_by_field(page: Page, fields: dict[str, Any], pointer: str) -> None:
    answer = await page.send(**fields)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [e["pointer"] or "/" for e in answer.json()["errors"]] == [pointer or "/"]
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert page.interactions() == []


@pytest.mark.req("IN-8")
async def test_a_strange_origin_gets_403_a_preflight_of_the_shop_its_leave(page: Page) -> None:
    for method, path in (("POST", "session"), ("OPTIONS", "messages"), ("GET", "settings")):
        answer = await page.http.request(method, f"/web/care/{path}", headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
    allowed = await page.http.options("/web/care/messages")
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, SHOP)
    stolen = await page.http.post("/web/care/messages", json=message(), headers=page.proof | {"Origin": OWN})
    assert stolen.status_code == 401


@pytest.mark.req("IN-8")
async def test_a_session_that_is_over_gets_401_in_the_visitors_language(page: Page) -> None:
    end = int(datetime.now(UTC).timestamp()) - 1
    over = seals.Session(gateway="care", visitor="v" * 22, until=end, origin=SHOP)
    page.token = seals.seal(over, SECRET)
    answer = await page.http.post(
        "/web/care/messages", json=message(), headers=page.proof | {"Accept-Language": "zh-CN"}
    )
    assert (answer.status_code, answer.json()["title"]) == (401, "会话已过期，请重新开始")


@pytest.mark.req("IN-4", "IN-8")
async def test_files_have_a_limit_and_a_kind(tmp_path: Path) -> None:
    page = Page(tmp_path, file_limit_bytes=1024)
    await page.begin()
    assert (await page.upload(PNG + bytes(2000))).status_code == 413
    assert (await page.upload(b"MZ" + bytes(100))).status_code == 415
    page.token = ""
    assert (await page.upload(PNG)).status_code == 401


@pytest.mark.req("IN-8")
async def test_one_visitor_can_not_write_without_end(tmp_path: Path) -> None:
    page = Page(tmp_path)
    await page.begin()
    answers = [(await page.send()) for _ in range(31)]
    assert [a.status_code for a in answers] == [202] * 30 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1


@pytest.mark.req("IN-8")
async def test_without_kafka_there_is_no_yes(page: Page) -> None:
    page.publisher.away = True
    answer = await page.send()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


@pytest.mark.req("IN-1")
async def test_the_page_is_strict_and_its_files_are_there(page: Page) -> None:
    shown = await page.http.get("/web/care/")
    assert "script-src 'self'" in shown.headers["content-security-policy"]
    for name in ("widget.js", "panel.js", "forms.js", "wire.js", "outbox.js", "words.js", "panel.css", "page.js"):
        file = await page.http.get(f"/web/care/{name}")
        assert (file.status_code, file.headers["access-control-allow-origin"]) == (200, "*")
        tag = {"If-None-Match": file.headers["etag"]}
        assert (await page.http.get(f"/web/care/{name}", headers=tag)).status_code == 304
    assert (await page.http.get("/web/care/api.py")).status_code == 404
    assert (await page.http.get("/web/other/")).status_code == 404


# Threads


def changed(version: int, *changes: Any, gateway: str = "care", **fields: Any) -> CaseNews:
    """As routing tells it, read as the widget reads it."""
    stands = case(version, **{"channel": Channel.WEB, "status": CaseStatus.ASSIGNED, "gateway": gateway} | fields)
    told = CaseChanged(changes=changes, case=stands, at=NOW + timedelta(minutes=version))
    return CaseNews.model_validate_json(told.model_dump_json())


def added(interaction: str) -> ContactAdded:
    return ContactAdded(interaction_id=interaction, channel=Channel.WEB, text=Personal("…"), occurred_at=NOW)


STORY = (
    changed(1, Opened(interaction_id="mine-1"), added("mine-1"), status=CaseStatus.QUEUED),
    changed(2, Replied(agent="a", text=Personal("one"))),
    changed(3, added("mine-2")),
    changed(4, Replied(agent="a", text=Personal("two")), Replied(agent="a", text=Personal("three"))),
    changed(5, added("a stranger's")),
    changed(6, Replied(agent="a", text=Personal("for the stranger")), status=CaseStatus.RESOLVED),
)


@pytest.mark.req("IN-1", "SY-5")
@given(st.permutations([*STORY, *STORY]))
def test_replies_stand_once_and_in_order_and_end_where_somebody_else_writes(events: list[CaseNews]) -> None:
    thread = None
    for event in events:
        thread = followed(thread, event)
    assert thread
    assert (thread.opened_by, thread.status) == ("mine-1", CaseStatus.RESOLVED)
    assert [r.text for r in thread.replies_to({"mine-1", "mine-2"})] == ["one", "two", "three"]
    assert [r.text for r in thread.replies_to({"mine-1"})] == ["one"]
    everybody = {"mine-1", "mine-2", "a stranger's"}
    assert [r.text for r in thread.replies_to(everybody)] == ["one", "two", "three", "for the stranger"]


@pytest.mark.req("IN-1")
def test_only_cases_that_a_widget_opened_are_of_concern() -> None:
    handler = ThreadHandler(cast(Any, None), {"care"})
    by_phone_meanwhile = changed(2, added("mine-2"), channel=Channel.PHONE)
    of_a_form = changed(1, added("theirs"), gateway="web")
    for event, expected in ((STORY[0], True), (by_phone_meanwhile, True), (of_a_form, False)):
        told = Incoming("e", CASE_CHANGED, event, "k", NOW, CASE_NEWS.name, 0, 0, 0)
        assert handler.concerns(told) is expected


@pytest.mark.req("IN-1")
async def test_progress_is_for_who_wrote(page: Page) -> None:
    fields = message()
    interaction = (await page.send(**fields)).json()["id"]
    for event in (changed(1, Opened(interaction_id=interaction), added(interaction)), STORY[1]):
        page.threads.all = [followed(page.threads.all[0] if page.threads.all else None, event)]
    ask = {"ids": [fields["id"]]}
    answer = await page.http.post("/web/care/progress", json=ask, headers=page.proof)
    (shown,) = answer.json()["cases"]
    assert (shown["message"], [r["text"] for r in shown["replies"]]) == (fields["id"], ["one"])
    await page.begin()
    other = await page.http.post("/web/care/progress", json=ask, headers=page.proof)
    assert other.json()["cases"] == []

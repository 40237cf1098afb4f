"""One playbook, said the same by routing's page and telephone menu and by intake's answer on WeChat (RO-10)."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest

from services.intake.adapters import wechat_xml
from services.intake.adapters.sorted_sha1 import sorted_sha1
from services.intake.adapters.wechat_crypto import MessageCipher
from shared.contracts.parcels import Node
from shared.contracts.playbook import menu_key
from shared.contracts.topics import INTERACTIONS
from shared.security.twilio_signature import sign
from tests.integration import asking
from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.intake.harness import Bench as IntakeBench
from tests.integration.intake.harness import Process as Intake
from tests.integration.polling import poll
from tests.integration.routing.harness import Bench

TOKEN, SITE = "a" * 32, "https://desk.example"
IVR = "/v1/ivr/playbook?format=twiml&language=zh"
NONCE = "1234567"


@pytest.fixture
async def edge(bench: Bench, infra: Infra, fresh_names: FreshNames, tmp_path: Path) -> AsyncIterator[IntakeBench]:
    """Intake beside the routing of the same test."""
    folder = tmp_path / "edge"
    folder.mkdir()
    made = IntakeBench(infra, fresh_names, folder, bench.secrets)
    await made.open()
    yield made
    await made.close()


async def click(edge: IntakeBench, process: Intake, node: Node) -> str:
    """What the platform is answered to a click of the menu, in the safe mode."""
    secrets = edge.secrets_of("wechat")
    cipher = MessageCipher.of(secrets["aes_key"], secrets["app_id"])
    now = int(time.time())
    event = {"MsgType": "event", "Event": "CLICK", "EventKey": menu_key(node)}
    said = {"ToUserName": "gh_0123456789ab", "FromUserName": "oOpenIdOfSomebody", "CreateTime": now, **event}
    sealed = cipher.encrypt(wechat_xml.write(said))
    signature = sorted_sha1(secrets["token"], str(now), NONCE, sealed)
    query = urlencode({"timestamp": now, "nonce": NONCE, "encrypt_type": "aes", "msg_signature": signature})
    answer = await edge.http.post(
        f"{process.url}/gateways/wechat?{query}",
        content=wechat_xml.write({"Encrypt": sealed}),
        headers={"content-type": "text/xml"},
    )
    assert answer.status_code == 200, answer.text
    return wechat_xml.read(cipher.decrypt(wechat_xml.read(answer.content)["Encrypt"]))["Content"]


@pytest.mark.req("RO-10", "SY-1")
async def test_a_click_of_the_menu_is_answered_with_what_routing_published(bench: Bench, edge: IntakeBench) -> None:
    intake = await edge.intake()
    assert "暂时查不到" in await click(edge, intake, Node.CUSTOMS)
    (routing,) = await bench.start()
    page = (await bench.desk(routing, "").get("/v1/playbook/customs", language="zh")).json()

    async def answered() -> str:
        said = await click(edge, intake, Node.CUSTOMS)
        return said if page["title"] in said else ""

    said = await poll(answered, 60, what="the playbook to reach intake")
    for row in page["advice"]:
        assert f"{row['question']}\n{row['answer']}" in said
    await intake.end()
    again = await edge.intake("intake-1")
    assert await poll(lambda: _same(edge, again, said), 60, what="the playbook after a restart")
    assert await edge.records(INTERACTIONS) == []


async def _same(edge: IntakeBench, process: Intake, said: str) -> bool:
    return await click(edge, process, Node.CUSTOMS) == said


@pytest.mark.req("RO-10")
async def test_a_call_is_read_the_answer_where_twilio_signed(bench: Bench) -> None:
    (bench.secrets / "twilio_ivr.token").write_text(TOKEN)
    (routing,) = await bench.start(PARTNER_URL=SITE)
    form = {"CallSid": "CA1", "Digits": "04"}
    signed = sign(TOKEN, SITE + IVR, {name: [value] for name, value in form.items()})
    async with asking.client(base_url=routing.url) as platform:
        assert (await platform.post(IVR, data=form)).status_code == 401
        answer = await platform.post(IVR, data=form, headers={"X-Twilio-Signature": signed})
    assert answer.status_code == 200, answer.text
    turn = ElementTree.fromstring(answer.content)
    assert turn.findtext("Gather/Say") == "您选择的是分拨到件。请选择遇到的情况。"
    gather = turn.find("Gather")
    assert gather is not None
    assert (gather.get("action") or "").startswith(f"{SITE}/v1/ivr/playbook?")

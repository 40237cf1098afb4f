"""The telephone menu that reads the playbook: JSON, TwiML, VoiceXML, and whose requests are answered (RO-10)."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import httpx
import pytest
from starlette.applications import Starlette

from services.routing.decision_table import RuleError
from services.routing.ivr import words as ivr_words
from services.routing.ivr.api import IvrApi, load_token
from services.routing.ivr.turns import Ivr, Place
from services.routing.rule_files import DIRECTORY
from shared.contracts.parcels import Node
from shared.security.twilio_signature import sign
from shared.web import problem_handlers
from tests.unit.routing_orders.test_playbook import BOOK

pytestmark = pytest.mark.req("RO-10")
IVR = Ivr(BOOK, ivr_words.load(DIRECTORY))
SITE, PATH, TOKEN = "https://desk.example", "/v1/ivr/playbook", "t" * 32
VXML = "{http://www.w3.org/2001/vxml}"


def app(token: str | None = None) -> Starlette:
    return Starlette(routes=IvrApi(IVR, SITE, token).routes(), exception_handlers=problem_handlers())


async def ask(
    method: str = "GET", path: str = PATH, form: dict[str, str] | None = None, signature: str = "", token: str = ""
) -> httpx.Response:
    transport = httpx.ASGITransport(app(token or None))
    async with httpx.AsyncClient(transport=transport, base_url="http://inside:8082") as client:
        headers = {"X-Twilio-Signature": signature} if signature else {}
        return await client.request(method, path, data=form, headers=headers)


def xml(answer: httpx.Response) -> ElementTree.Element:
    assert answer.status_code == 200, answer.text
    return ElementTree.fromstring(answer.content)


async def test_a_call_by_twiml_from_the_nodes_to_the_answer() -> None:
    first = xml(await ask("POST", f"{PATH}?format=twiml&language=zh", {"CallSid": "CA1"}))
    gather = first.find("Gather")
    assert gather is not None
    assert (gather.get("numDigits"), gather.get("input"), first.find("Hangup") is not None) == ("2", "dtmf", True)
    said = [say.text for say in gather.iter("Say")]
    assert "分拨到件，请按零四。" in said
    assert {say.get("language") for say in first.iter("Say")} == {"zh-CN"}
    assert len(said) == 1 + len(Node)

    action = gather.get("action") or ""
    assert action.startswith(f"{SITE}{PATH}?")
    symptoms = xml(await ask("POST", f"{PATH}?{urlsplit(action).query}", {"Digits": "04"}))
    gather = symptoms.find("Gather")
    assert gather is not None
    said = [say.text or "" for say in gather.iter("Say")]
    assert said[0] == "您选择的是分拨到件。请选择遇到的情况。"
    assert gather.get("numDigits") == "1"
    lost = re.search(r"请按(.)", next(s for s in said if s.startswith("丢失")))
    assert lost is not None

    pressed = str("零一二三四五六七八九".index(lost[1]))
    query = urlsplit(gather.get("action") or "").query
    answer = xml(await ask("POST", f"{PATH}?{query}", {"Digits": pressed}))
    assert [say.text for say in answer.iter("Say")] == [
        "分拨中心正在查找无着件和监控，大约两天内给出结果；确认丢失即启动理赔。",
        "接下来由分拨中心处理，大约两天内给您答复。",
    ]
    back = answer.findtext("Redirect") or ""
    assert parse_qs(urlsplit(back).query) == {"format": ["twiml"], "language": ["zh"]}


async def test_a_call_by_voicexml() -> None:
    menu = xml(await ask(path=f"{PATH}?format=vxml&language=en"))
    assert (menu.tag, menu.get("version")) == (f"{VXML}vxml", "2.1")
    assert menu.get("{http://www.w3.org/XML/1998/namespace}lang") == "en-US"
    choices = menu.findall(f"{VXML}menu/{VXML}choice")
    assert [choice.get("dtmf") for choice in choices][-1] == "1 2"
    there = urlsplit(choices[3].get("next") or "")
    symptoms = xml(await ask(path=f"{PATH}?{there.query}"))
    lost = urlsplit(symptoms.findall(f"{VXML}menu/{VXML}choice")[1].get("next") or "")
    answer = xml(await ask(path=f"{PATH}?{lost.query}"))
    said = [s.text or "" for s in answer.iter(f"{VXML}s")]
    assert "within about two days" in said[0]
    assert answer.find(f"{VXML}form/{VXML}block/{VXML}goto") is not None


async def test_plain_json_for_node_and_symptom() -> None:
    answer = (await ask(path=f"{PATH}?node=signed&symptom=not_received&language=zh")).json()
    assert (answer["node"], answer["symptom"], answer["choices"]) == ("signed", "not_received", [])
    assert answer["sentences"][1] == "接下来由快递员处理，大约两小时内给您答复。"
    menu = (await ask(path=f"{PATH}?node=signed&language=en")).json()
    assert (menu["digits"], menu["choices"][0]["digits"]) == (1, "1")
    assert menu["choices"][-1] == {
        "digits": "0",
        "words": "For the menu before, press zero.",
        "node": None,
        "symptom": None,
    }
    assert menu["version"] == BOOK.version


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("node", Node)
def test_whatever_is_said_has_no_figures_and_every_symptom_can_be_reached(node: Node, language: str) -> None:
    menu = IVR.spoken(Place(node), language)
    assert len({choice.digits for choice in menu.choices}) == len(BOOK.at(node)) + 1
    assert len({len(choice.digits) for choice in menu.choices}) == 1
    for choice in menu.choices:
        said = IVR.spoken(Place(node), language, choice.digits).sentences
        assert not re.search(r"[0-9“”/{}]", "".join((*menu.sentences, *said)))


@pytest.mark.parametrize("pressed", ["99", "*", "", "１", "123"])
def test_digits_that_mean_nothing_give_the_same_menu_again(pressed: str) -> None:
    again = IVR.spoken(Place(), "zh", pressed)
    assert again.sentences[0] == "没有这个选项，请再选一次。"
    assert again.choices == IVR.spoken(Place(), "zh").choices


def test_the_zero_before_may_be_left_out_and_zero_leads_back() -> None:
    assert IVR.spoken(Place(), "zh", "4").place == Place(Node.HUB_IN)
    assert IVR.spoken(Place(Node.OUT_FOR_DELIVERY), "zh", "00").place == Place()


@pytest.mark.parametrize("query", ["format=wav", "language=fr", "node=moon", "node=signed&symptom=x", "symptom=lost"])
async def test_what_there_is_not_is_refused(query: str) -> None:
    assert (await ask(path=f"{PATH}?{query}")).status_code == 400


async def test_with_a_token_twiml_is_for_who_signs_the_public_address() -> None:
    path, form = f"{PATH}?format=twiml&language=zh", {"CallSid": "CA1", "Digits": "04"}
    signed = sign(TOKEN, SITE + path, {name: [value] for name, value in form.items()})
    assert (await ask("POST", path, form, signed, TOKEN)).status_code == 200
    assert (await ask("GET", path, None, sign(TOKEN, SITE + path, {}), TOKEN)).status_code == 200
    for wrong in ("", "AAAA", sign("x" * 32, SITE + path, {})):
        assert (await ask("POST", path, form, wrong, TOKEN)).status_code == 401
    assert (await ask("POST", path, {**form, "Digits": "05"}, signed, TOKEN)).status_code == 401
    assert (await ask(path=f"{PATH}?format=json", token=TOKEN)).status_code == 200


def test_a_token_that_is_none_stops_the_start(tmp_path: Path) -> None:
    assert load_token(tmp_path) is None
    (tmp_path / "twilio_ivr.token").write_text(" short \n")
    with pytest.raises(ValueError, match="at least 16"):
        load_token(tmp_path)
    (tmp_path / "twilio_ivr.token").write_text(f"{TOKEN}\n")
    assert load_token(tmp_path) == TOKEN


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("{title}，请按{keys}", "{title}，请按", "press.zh"),
        ("您选择的是{node}", "您选择的是{nod}", "which.zh"),
        ("再见", "{", "silence.zh"),
    ],
)
def test_a_sentence_that_lacks_its_variables_stops_the_start(
    tmp_path: Path, before: str, after: str, reason: str
) -> None:
    text = (DIRECTORY / "ivr.yaml").read_text().replace(before, after)
    (tmp_path / "ivr.yaml").write_text(text)
    with pytest.raises(RuleError, match=reason):
        ivr_words.load(tmp_path)

"""The platforms' own signature vectors are judged as they say; one character changed is refused (IN-1, IN-8)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from services.intake.adapters import wechat_xml
from services.intake.adapters.wechat_crypto import MessageCipher, Undecipherable, signs_raw_data
from services.intake.adapters.weibo_message import WeiboMessage
from services.intake.credentials import Credentials, GatewaySecrets
from services.intake.delivery import Answer, Delivery, Rejected
from tests.unit.intake.given import GATEWAYS, SHARED_DATA
from tests.unit.intake.social import accept, delivery, greet, sealed, signed

FILE = SHARED_DATA / "signatures" / "vectors_dev.jsonl"
pytestmark = [
    pytest.mark.req("IN-1", "IN-8"),
    pytest.mark.skipif(not FILE.exists(), reason="the shared data is not here"),
]


def vector(name: str) -> dict[str, Any]:
    return next(v for v in map(json.loads, FILE.read_text().splitlines()) if v["id"] == name)


def is_taken(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (Rejected, Undecipherable):
        return False
    return True


def changed(text: str) -> Iterator[str]:
    """`text` with one character changed, at each place in turn."""
    for at, character in enumerate(text):
        yield f"{text[:at]}{'A' if character != 'A' else 'B'}{text[at + 1 :]}"


def sent(gateway: str, query: dict[str, str], body: str = "") -> Delivery:
    """As it arrived then: the vectors are years old, and a replay today."""
    stamp = int(query["timestamp"])
    at = datetime.fromtimestamp(stamp / 1000 if stamp > 10**11 else stamp, UTC)
    return delivery(GATEWAYS[gateway], query, body.encode(), at)


def of(gateway: str, **secrets: str) -> Credentials:
    return Credentials({gateway: GatewaySecrets(**secrets)})


def altered(it: Delivery, *parameters: str) -> Iterator[Delivery]:
    for name in parameters:
        for value in changed(it.query[name]):
            yield replace(it, query={**it.query, name: value})


def test_official_account_plain() -> None:
    v = vector("wechat-oa-plain")
    credentials = of("wechat", token=v["secret"], app_id="wx")
    it = sent("wechat", {**v["query"], "echostr": "word"})
    assert is_taken(lambda: greet(it, credentials)) is v["valid"]
    for wrong in altered(it, "signature", "timestamp", "nonce"):
        assert not is_taken(partial(greet, wrong, credentials))
    assert not is_taken(lambda: greet(it, of("wechat", token=v["secret"] + "1", app_id="wx")))
    assert not is_taken(lambda: greet(replace(it, arrived_at=datetime(2026, 1, 1, tzinfo=UTC)), credentials))


def test_official_account_encrypted() -> None:
    v = vector("wechat-oa-msg-encrypted")
    secrets = v["secret"]
    credentials = of("wechat", token=secrets["token"], aes_key=secrets["aes_key"], app_id=secrets["appid"])
    it = sent("wechat", v["query"], v["body"])
    assert is_taken(lambda: accept(it, credentials)) is v["valid"]
    encrypted = wechat_xml.read(it.body)["Encrypt"]
    cipher = MessageCipher.of(secrets["aes_key"], secrets["appid"])
    assert cipher.decrypt(encrypted).decode() == v["expected_plain"]
    assert not is_taken(lambda: accept(replace(it, arrived_at=datetime(2026, 1, 1, tzinfo=UTC)), credentials))
    for wrong in altered(it, "msg_signature", "timestamp", "nonce"):
        assert not is_taken(partial(accept, wrong, credentials))
    for cipher_text in changed(encrypted):
        wrong = replace(it, body=it.body.replace(encrypted.encode(), cipher_text.encode()))
        assert not is_taken(partial(accept, wrong, credentials))
    for key in changed(secrets["aes_key"][:-1]):
        other = of("wechat", token=secrets["token"], aes_key=key + secrets["aes_key"][-1], app_id=secrets["appid"])
        assert not is_taken(partial(accept, it, other))
    for app_id in changed(secrets["appid"]):
        other = of("wechat", token=secrets["token"], aes_key=secrets["aes_key"], app_id=app_id)
        assert not is_taken(partial(accept, it, other))


def test_the_official_reply_is_sealed_to_the_byte_and_opens() -> None:
    v = vector("wechat-aes-replyMsg")
    cipher = MessageCipher.of(v["secret"]["aes_key"], v["secret"]["appid"])
    assert cipher.encrypt(v["expected_plain"].encode(), b"aaaabbbbccccdddd") == v["ciphertext"]
    assert cipher.decrypt(v["ciphertext"]).decode() == v["expected_plain"]


def test_a_ciphertext_that_was_changed_is_refused_by_its_signature() -> None:
    """CBC alone does not see every change: that is why msg_signature comes first."""
    v = vector("wechat-aes-replyMsg")
    query = signed("pamtest", ciphertext=v["ciphertext"], name="msg_signature")
    credentials = of("wecom", token="pamtest", aes_key=v["secret"]["aes_key"], app_id=v["secret"]["appid"])
    it = replace(sealed({}, "wecom"), query={**query, "echostr": v["ciphertext"]})
    assert greet(it, credentials).body.decode() == v["expected_plain"]
    for wrong in altered(it, "echostr"):
        assert not is_taken(partial(greet, wrong, credentials))


def test_wecom_asks_whether_the_address_is_ours() -> None:
    v = vector("wecom-url-verify")
    secrets = v["secret"]
    credentials = of("wecom", token=secrets["token"], aes_key=secrets["aes_key"], app_id=secrets["corp_id"])
    it = sent("wecom", v["query"])
    assert v["valid"]
    assert greet(it, credentials) == Answer(v["expected_plain"].encode(), "text/plain")
    for wrong in altered(it, "msg_signature", "timestamp", "nonce", "echostr"):
        assert not is_taken(partial(greet, wrong, credentials))
    for corp_id in changed(secrets["corp_id"]):
        other = of("wecom", token=secrets["token"], aes_key=secrets["aes_key"], app_id=corp_id)
        assert not is_taken(partial(greet, it, other))


def test_mini_program_raw_data() -> None:
    v = vector("wechat-miniapp-rawdata")
    signature, body, key = v["expected_signature"], v["body"], v["secret"]
    assert signs_raw_data(signature, body, key) is v["valid"]
    assert not any(signs_raw_data(wrong, body, key) for wrong in changed(signature))
    assert not any(signs_raw_data(signature, wrong, key) for wrong in changed(body))
    assert not any(signs_raw_data(signature, body, wrong) for wrong in changed(key))


def test_weibo_asks_and_sends() -> None:
    v = vector("weibo-fans-echostr")
    credentials = of("weibo", app_secret=v["secret"])
    it = sent("weibo", v["query"], v["body"])
    assert greet(it, credentials).body.decode() == v["query"]["echostr"]
    assert is_taken(lambda: accept(it, credentials)) is v["valid"]
    assert WeiboMessage.model_validate_json(v["body"]).created_at == datetime(2012, 7, 16, 10, 9, 20, tzinfo=UTC)
    for wrong in altered(it, "signature", "timestamp", "nonce"):
        assert not is_taken(partial(greet, wrong, credentials))
        assert not is_taken(partial(accept, wrong, credentials))
    for secret in changed(v["secret"]):
        assert not is_taken(partial(accept, it, of("weibo", app_secret=secret)))
    assert not is_taken(lambda: accept(replace(it, arrived_at=datetime(2026, 1, 1, tzinfo=UTC)), credentials))

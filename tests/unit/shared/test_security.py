"""Signatures, tokens, opaque identities, masking (SY-4, SY-5, IN-8)."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from shared.contracts.interactions import Interaction
from shared.contracts.people import ContactKind, ContactPoint, Customer
from shared.contracts.personal import Personal
from shared.security.identity import IdentityKey
from shared.security.tokens import TokenVerifier, issue_local
from shared.security.webhooks import SignatureInvalid, sign, verify
from shared.settings import CommonSettings
from shared.web import Problem

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
OLD = "whsec_" + base64.b64encode(b"fedcba9876543210fedcba98").decode()
NOW = datetime.now(UTC)


@pytest.mark.req("IN-8", "SY-4")
def test_our_signature_is_the_standards() -> None:
    """The library reads the real clock, so the time is taken here, not when the file was loaded."""
    now = datetime.now(UTC)
    body = '{"event": "问题"}'
    headers = sign(SECRET, "msg_1", now, body.encode())
    assert standardwebhooks.Webhook(SECRET).verify(body, headers) == {"event": "问题"}
    assert headers["webhook-signature"] == standardwebhooks.Webhook(SECRET).sign("msg_1", now, body)


@pytest.mark.req("IN-8", "SY-4")
def test_a_rotated_key_is_taken_and_everything_else_refused() -> None:
    headers = sign(OLD, "msg_1", NOW, b"body")
    assert verify([SECRET, OLD], headers, b"body", NOW) == "msg_1"
    for secrets, head, body, now in [
        ([SECRET], headers, b"body", NOW),
        ([OLD], headers, b"body!", NOW),
        ([OLD], {**headers, "webhook-id": "msg_2"}, b"body", NOW),
        ([OLD], headers, b"body", NOW + timedelta(minutes=6)),
        ([OLD], headers, b"body", NOW - timedelta(minutes=6)),
        ([OLD], {**headers, "webhook-timestamp": "soon"}, b"body", NOW),
        ([OLD], {}, b"body", NOW),
    ]:
        with pytest.raises(SignatureInvalid):
            verify(secrets, head, body, now)


@pytest.mark.req("IN-8")
@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()))
def test_no_headers_make_verification_fail_otherwise(headers: dict[str, str]) -> None:
    with pytest.raises(SignatureInvalid):
        verify([SECRET], headers, b"", NOW)


def signing_key(directory: Path) -> None:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "token_signing.pem").write_bytes(pem)


def request(authorization: str | None) -> Request:
    headers = [(b"authorization", authorization.encode())] if authorization else []
    return Request({"type": "http", "headers": headers})


def settings(directory: Path, **more: Any) -> CommonSettings:
    return CommonSettings(secrets_dir=directory, **more)


@pytest.mark.req("SY-4")
def test_a_local_token_carries_subject_and_roles_and_the_wrong_role_is_refused(tmp_path: Path) -> None:
    signing_key(tmp_path)
    verifier = TokenVerifier.from_settings(settings(tmp_path))
    token = issue_local(tmp_path, "alice", ["agent"])
    assert verifier.require(request(f"Bearer {token}"), "agent", "lead").subject == "alice"
    with pytest.raises(Problem) as refused:
        verifier.require(request(f"Bearer {token}"), "adjudicator")
    assert refused.value.status == 403


@pytest.mark.req("SY-4")
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x.y.z", "Basic YTpi", "Bearer " + "a" * 5000])
def test_no_or_a_broken_token_is_401(tmp_path: Path, header: str | None) -> None:
    signing_key(tmp_path)
    with pytest.raises(Problem) as refused:
        TokenVerifier.from_settings(settings(tmp_path)).require(request(header))
    assert refused.value.status == 401


@pytest.mark.req("SY-4")
def test_an_expired_token_and_one_of_another_key_are_401(tmp_path: Path) -> None:
    signing_key(tmp_path)
    verifier = TokenVerifier.from_settings(settings(tmp_path))
    expired = issue_local(tmp_path, "alice", ["agent"], hours=-1)
    signing_key(tmp_path)
    foreign = issue_local(tmp_path, "alice", ["agent"])
    for token in (expired, foreign):
        with pytest.raises(Problem) as refused:
            verifier.require(request(f"Bearer {token}"))
        assert refused.value.status == 401


@pytest.mark.req("SY-4")
def test_a_token_that_was_good_is_refused_once_it_has_expired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signing_key(tmp_path)
    verifier, now = TokenVerifier.from_settings(settings(tmp_path)), time.time()
    token = issue_local(tmp_path, "alice", ["agent"], hours=1)
    assert verifier.require(request(f"Bearer {token}")).subject == "alice"
    monkeypatch.setattr(time, "time", lambda: now + 3600 + 31)
    with pytest.raises(Problem) as refused:
        verifier.require(request(f"Bearer {token}"))
    assert refused.value.status == 401


@pytest.mark.req("SY-4")
def test_production_refuses_the_local_issuer(tmp_path: Path) -> None:
    signing_key(tmp_path)
    token = issue_local(tmp_path, "alice", ["agent"])
    with pytest.raises(FileNotFoundError):
        TokenVerifier.from_settings(settings(tmp_path, environment="production"))
    key = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ", "kid": "1"}
    (tmp_path / "oidc_jwks.json").write_text(json.dumps({"keys": [key]}))
    production = TokenVerifier.from_settings(
        settings(tmp_path, environment="production", oidc_issuer="https://id.example")
    )
    with pytest.raises(Problem) as refused:
        production.require(request(f"Bearer {token}"))
    assert refused.value.status == 401


@pytest.mark.req("SY-5", "IN-5")
def test_a_customer_id_is_stable_and_shows_no_handle() -> None:
    key = IdentityKey(b"k" * 32)
    one = key.customer_id(phone_e164="+8613800138000", email="a@example.com")
    assert one == key.customer_id(phone_e164="+8613800138000")
    assert one != IdentityKey(b"x" * 32).customer_id(phone_e164="+8613800138000")
    assert key.customer_id(email=" A@Example.com ") == key.customer_id(email="a@example.com")
    assert "13800138000" not in one
    with pytest.raises(ValueError, match="needs a phone"):
        key.customer_id()


@pytest.mark.req("SY-5")
def test_a_personal_value_is_masked_wherever_it_is_printed_and_whole_on_the_wire() -> None:
    phone = Personal("+8613800138000")
    contacts = (ContactPoint(kind=ContactKind.PHONE, value=phone),)
    customer = Customer(customer_id="c", name=Personal("王小明"), contacts=contacts)
    for printed in (repr(phone), str(phone), f"{phone}", repr(customer), str(customer)):
        assert "13800138000" not in printed
        assert "王小明" not in printed
    assert Customer.model_validate_json(customer.model_dump_json()) == customer
    assert customer.reach(ContactKind.PHONE) == "+8613800138000"
    text = Interaction.model_json_schema()["properties"]["text"]
    assert (text["type"], text["x-personal"]) == ("string", True)

"""The secrets of a local installation: made once, kept, private, and usable by those who read them."""

import json
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from services.intake.credentials import load
from services.intake.gateways import load as load_gateways
from shared.security.identity import IdentityKey
from shared.security.tokens import issue_local
from tools.secret_files import ensure, gateway_names, gateway_secrets

pytestmark = pytest.mark.req("SY-4")


def test_files_are_private(tmp_path: Path) -> None:
    ensure(tmp_path / "secrets")
    files = [*(tmp_path / "secrets").iterdir()]
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}
    assert oct((tmp_path / "secrets").stat().st_mode & 0o777) == "0o700"
    assert not [file for file in files if file.name.endswith(".part")]


def test_what_exists_is_kept_and_what_is_missing_is_added(tmp_path: Path) -> None:
    ensure(tmp_path)
    before = {file.name: file.read_text() for file in tmp_path.iterdir()}
    (tmp_path / "progress.key").unlink()
    ensure(tmp_path)
    after = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert after.pop("progress.key") != before.pop("progress.key")
    assert after == before


def test_a_new_gateway_gets_secrets_and_the_others_keep_theirs() -> None:
    before = gateway_secrets(["web"], {})
    after = gateway_secrets(["web", "phone"], before)
    assert after["web"] == before["web"]
    assert isinstance(after["phone"], dict)
    assert len({*after["phone"]["secrets"]}) == 2


def test_the_gateways_of_an_installation_s_own_file_get_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "gateways.yaml"
    own.write_text("gateways:\n  - {name: taobao, kind: shop, path: /gateways/taobao}\n")
    monkeypatch.setenv("GATEWAYS_FILE", str(own))
    ensure(tmp_path / "secrets")
    assert list(json.loads((tmp_path / "secrets" / "gateways.json").read_text())) == ["taobao"]


def test_those_who_read_the_secrets_can_use_them(tmp_path: Path) -> None:
    ensure(tmp_path)
    names = gateway_names()
    assert "web" in names
    assert "mail" not in names
    gateways = load_gateways()
    credentials = load(tmp_path, gateways.needs())
    assert all(Webhook(secret) for secret in credentials.of(gateways.by_path()["/gateways/web"]).secrets)
    assert IdentityKey.load(tmp_path).customer_id(phone_e164="+8613800138000")
    assert issue_local(tmp_path, "li.na", ["agent"]).count(".") == 2
    for receiver in json.loads((tmp_path / "webhooks.json").read_text()).values():
        assert Webhook(receiver["secret"])

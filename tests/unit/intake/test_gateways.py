"""Gateways and credentials as configuration, checked at load with the line named (IN-8)."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from services.intake import check_gateways, credentials, gateways
from services.intake.adapters.wording import Wording
from services.intake.api import ROUTES
from services.intake.credentials import MissingCredentials
from services.intake.gateways import RULES, Gateway, Kind
from services.intake.lined_yaml import RuleFileError, load
from tests.unit.intake.given import SECRET

GOOD = "gateways:\n  - name: web\n    kind: web\n    path: /gateways/web\n"


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "gateways.yaml"
    file.write_text(text)
    return file


def test_the_file_that_ships_is_right_and_documented() -> None:
    shipped = gateways.load()
    documented = {route.path for route in ROUTES if route.path.startswith("/gateways/")}
    assert set(shipped.by_path()) == documented
    assert set(shipped.by_topic()) == {"gateway-contacts.v1", "gateway-parcels.v1"}
    assert shipped.needs()["kuaidi100"] == ("salt",)


def test_another_gateway_is_an_entry(tmp_path: Path) -> None:
    second = (
        GOOD + "  - name: web-taobao\n    kind: web\n    path: /gateways/taobao\n    rate: {per_second: 5, burst: 10}\n"
    )
    assert set(gateways.load(write(tmp_path, second)).by_path()) == {"/gateways/web", "/gateways/taobao"}


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        (GOOD + "    limit: 5\n", 5, "limit"),
        (GOOD.replace("kind: web", "kind: fax"), 3, "kind"),
        (GOOD + "    body_limit_bytes: 99999999999\n", 5, "body_limit_bytes"),
        (GOOD + "    rate: {per_second: 0, burst: 1}\n", 5, "per_second"),
        (GOOD.replace("    path: /gateways/web\n", ""), 2, "path, topic, domains"),
        (GOOD + "    topic: gateway-contacts.v1\n", 2, "exactly one"),
        (GOOD.replace("path: /gateways/web", "domains: [a.example]"), 2, "domains"),
        (GOOD + "  - name: web\n    kind: phone\n    path: /gateways/p\n", 5, "name web stands twice"),
        (GOOD + "  - name: pp\n    kind: phone\n    path: /gateways/web\n", 7, "first at gateway web"),
        (GOOD + "  - name: ma\n    kind: mail\n    domains: [a.example, a.example]\n", 7, "a.example stands twice"),
        (GOOD + "    path: /gateways/other\n", 5, "path stands there twice"),
        (GOOD + GOOD, 5, "gateways stands there twice"),
        (GOOD.replace("web", "iftsta") + "    charset: gbk18030\n", 5, "gb18030"),
        (GOOD.replace("web", "iftsta") + "    charset: base64\n", 5, "no character set"),
        (GOOD + "    charset: gb18030\n", 2, "charset is for kinds iftsta, asterisk only"),
        (GOOD + "  - name: pp\n    kind: carrier\n    topic: other.v1\n", 5, "gateway-parcels.v1"),
        (GOOD + "    address: https://care.example/web?a=1\n", 5, "address"),
        (
            GOOD.replace("web", "mail").replace(
                "path: /gateways/mail", "domains: [a.example]\n    address: https://a.example/b"
            ),
            2,
            "path",
        ),
        ("gateways: [\n", 2, ""),
        ("", 1, ""),
        ("gateways: []\n", 1, "gateways"),
        ("- 1\n", 1, ""),
    ],
)
def test_a_wrong_entry_is_named_with_its_line(tmp_path: Path, text: str, line: int, hint: str) -> None:
    with pytest.raises(RuleFileError) as error:
        gateways.load(write(tmp_path, text))
    message = str(error.value)
    assert f"gateways.yaml:{line}:" in message or f"line {line}:" in message
    assert hint in message


def test_a_wrong_pattern_of_the_wording_is_named_with_its_line(tmp_path: Path) -> None:
    lines = (RULES / "wording_zh.yaml").read_text().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if "已揽收|" in line)
    lines[at] = lines[at].replace("已揽收|", "(已揽收|")
    with pytest.raises(RuleFileError, match=f"gateways.yaml:{at + 1}: nodes"):
        load(write(tmp_path, "".join(lines)), Wording)


def test_an_entry_that_two_kinds_share_needs_what_both_need(tmp_path: Path) -> None:
    shared = GOOD + "  - {name: kd, kind: kuaidi100, path: /gateways/kd, credentials: web}\n"
    assert gateways.load(write(tmp_path, shared)).needs() == {"web": ("secrets", "salt")}


def secrets(tmp_path: Path, content: Any) -> Path:
    text = content if isinstance(content, str) else json.dumps(content)
    (tmp_path / "gateways.json").write_text(text)
    return tmp_path


def test_secrets_of_every_gateway_are_needed(tmp_path: Path) -> None:
    directory = secrets(tmp_path, {"web": {"secrets": [SECRET]}, "kd": {"salt": "s"}})
    found = credentials.load(directory, {"web": ("secrets",), "kd": ("salt",)})
    web = Gateway(name="web", kind=Kind.WEB, path="/gateways/web")
    assert found.of(web).secrets == (SECRET,)
    assert found.of(web.model_copy(update={"name": "unknown"})).secrets == ()
    assert found.of(web.model_copy(update={"name": "second", "credentials": "web"})).secrets == (SECRET,)
    with pytest.raises(MissingCredentials, match=r"phone \(secrets\), wx \(token\), wx \(app_id\)"):
        credentials.load(directory, {"web": ("secrets",), "phone": ("secrets",), "wx": ("token", "app_id")})


@pytest.mark.parametrize(
    "content", ["{", [], {"web": {"secrets": "one"}}, {"web": {"secrets": ["whsec_%%%"]}}, {"web": {"salt": ""}}]
)
def test_wrong_secrets_are_told_without_showing_them(tmp_path: Path, content: Any) -> None:
    with pytest.raises(MissingCredentials) as error:
        credentials.load(secrets(tmp_path, content), {"web": ("secrets",)})
    assert "%%%" not in str(error.value)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"aes_kye": "x" * 43}, r"wechat.aes_kye: Extra inputs"),
        ({"aes_key": "short"}, r"wechat.aes_key: .*\{43\}"),
        ({"secrets": ["whsec_%%%"]}, r"wechat.secrets.0: a webhook secret is whsec_ and base64"),
    ],
)
def test_a_wrong_field_of_a_secret_is_named_with_what_belongs_there(
    tmp_path: Path, entry: dict[str, Any], told: str
) -> None:
    with pytest.raises(MissingCredentials, match=told):
        credentials.load(secrets(tmp_path, {"wechat": {"token": "t", "app_id": "a", **entry}}), {})


def test_what_is_to_be_corrected_stands_at_the_start_without_a_trace(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD + "  - {name: shop, kind: shop, path: /gateways/shop, limit: 5}\n")
    environment = {**os.environ, "ENVIRONMENT": "local", "GATEWAYS_FILE": str(file), "SECRETS_DIR": str(tmp_path)}
    environment |= {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "MONGO_URL": "mongodb://127.0.0.1:1", "INSTANCE": "i"}
    ended = subprocess.run(
        [sys.executable, "-m", "services.intake"], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        f"intake does not start: {file}:5: gateways.1.limit: Extra inputs are not permitted"
    ]


def test_a_file_is_checked_without_a_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_gateways.main(write(tmp_path, GOOD))
    assert capsys.readouterr().out == "web (web)   /gateways/web   web: secrets\n"
    with pytest.raises(typer.Exit) as ended:
        check_gateways.main(write(tmp_path, GOOD + "    limit: 5\n"))
    assert ended.value.exit_code == 1
    assert "gateways.yaml:5: gateways.0.limit" in capsys.readouterr().err


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingCredentials, match="does not exist"):
        credentials.load(tmp_path, {})

"""What a browser holds for us is ours alone, and what gateways.yaml says of a widget is checked (IN-1, IN-8)."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake import gateways
from services.intake.lined_yaml import RuleFileError
from services.intake.webchat import seals
from services.intake.webchat.limits import network_of
from services.intake.webchat.widget import Hours
from tests.unit.intake.given import NOW

SHOP, OWN, SECRET = "http://localhost:8088", "http://care.test", "a secret of the widget's gateway"
SESSION = seals.Session(gateway="care", visitor="v" * 22, until=int(NOW.timestamp()) + 60, origin=SHOP)


@pytest.mark.req("IN-1")
@given(st.text(max_size=300))
def test_no_text_is_taken_for_ours(text: str) -> None:
    with pytest.raises(seals.SealBroken):
        seals.opened(seals.Session, text, SECRET)


@pytest.mark.req("IN-1")
@given(st.integers(0, 400), st.characters(codec="ascii"))
def test_a_changed_letter_breaks_the_seal(place: int, letter: str) -> None:
    text = seals.seal(SESSION, SECRET)
    changed = text[: place % len(text)] + letter + text[place % len(text) + 1 :]
    if changed == text:
        return
    with pytest.raises(seals.SealBroken):
        seals.opened(seals.Session, changed, SECRET)


@pytest.mark.req("IN-1")
@pytest.mark.parametrize(
    ("gateway", "origin", "later", "grace", "good"),
    [
        ("care", SHOP, 0, 0, True),
        ("care", SHOP, 59, 0, True),
        ("care", SHOP, 60, 0, False),
        ("care", SHOP, 61, 10, True),
        ("care", OWN, 0, 0, False),
        ("other", SHOP, 0, 0, False),
    ],
)
def test_a_session_is_bound_and_ends(gateway: str, origin: str, later: int, grace: int, good: bool) -> None:
    text, now = seals.seal(SESSION, SECRET), NOW + timedelta(seconds=later)
    if good:
        assert seals.session_of(text, SECRET, gateway, origin, now, timedelta(seconds=grace)) == SESSION
    else:
        with pytest.raises(seals.SealBroken):
            seals.session_of(text, SECRET, gateway, origin, now, timedelta(seconds=grace))


@pytest.mark.req("IN-1")
def test_a_receipt_is_no_session() -> None:
    receipt = seals.Receipt(
        gateway="care", visitor="v" * 22, until=SESSION.until, sha256="0" * 64, size=1, content_type="image/png"
    )
    text = seals.seal(receipt, SECRET)
    assert seals.receipt_of(text, SECRET, SESSION, NOW) == receipt
    with pytest.raises(seals.SealBroken):
        seals.opened(seals.Session, text, SECRET)
    with pytest.raises(seals.SealBroken):
        seals.receipt_of(text, SECRET, SESSION, NOW + timedelta(seconds=61))


# Rules


@pytest.mark.req("IN-1")
@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-20T00:00+00:00", True),
        ("2026-11-19T23:59+00:00", False),
        ("2026-11-20T10:00+00:00", False),
        ("2026-11-21T01:00+00:00", False),
    ],
)
def test_service_hours_are_those_of_the_place(at: str, is_open: bool) -> None:
    hours = Hours.model_validate(
        {"zone": "Asia/Shanghai", "days": [1, 2, 3, 4, 5], "opens": "08:00", "closes": "18:00"}
    )
    assert hours.open_at(datetime.fromisoformat(at)) is is_open


WRITTEN = """gateways:
  - name: care
    kind: widget
    path: /web/care
    widget:
      origins: ["https://shop.example"]
      title: {zh: 客服, en: Care}
      greeting: {zh: 您好, en: Hello}
      hours: {zone: Asia/Shanghai, days: [1], opens: "08:00", closes: "18:00"}
      colour: "#0b6e5f"
"""


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"https://shop.example"', '"https://shop.example/"', "yaml:6:"),
        ("zone: Asia/Shanghai", "zone: Asia/Nowhere", "yaml:9:"),
        ('opens: "08:00"', 'opens: "19:00"', "opens must lie before closes"),
        ("#0b6e5f", "#ffee00", "a contrast of"),
        ("{zh: 客服, en: Care}", "{zh: 客服}", "title lacks en"),
        ("path: /web/care", "path: /gateways/care", "/web/ is where kind widget comes in"),
        ("kind: widget", "kind: web", "kind widget needs"),
    ],
)
def test_what_is_wrong_in_the_file_is_named_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = tmp_path / "gateways.yaml"
    file.write_text(WRITTEN)
    assert "/web/care" in gateways.load(file).widgets()
    assert old in WRITTEN
    file.write_text(WRITTEN.replace(old, new))
    with pytest.raises(RuleFileError, match=says):
        gateways.load(file)


def test_one_household_is_one_network() -> None:
    assert network_of("2001:db8:0:1::5") == network_of("2001:db8:0:1:ffff::9")
    assert network_of("2001:db8:0:2::5") != network_of("2001:db8:0:1::5")
    assert network_of("192.0.2.1") == "192.0.2.1"

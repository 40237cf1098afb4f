"""Codes that no table names are kept with the original that they came in, and listed (IN-2)."""

from datetime import timedelta
from io import StringIO

import pytest
from rich.console import Console

from services.intake.raw import MAX_UNKNOWN, raw_messages, raw_parser
from services.intake.store import UnknownCode, _document
from services.intake.unknown_codes import present
from shared.messaging.message import Incoming
from tests.unit.intake.given import NOW
from tests.unit.intake.records import record_of

pytestmark = pytest.mark.req("IN-2")


def stored(codes: tuple[str, ...], body: bytes = b"{}") -> list[object]:
    """What the archive stores of an original, piece by piece."""
    pieces = [raw_parser("g")(record_of(m)) for m in raw_messages("id-1", "sf", {}, body, NOW, unknown_codes=codes)]
    return [_document(p.event).get("unknown_codes") for p in pieces if isinstance(p, Incoming)]


def test_the_original_keeps_each_code_once() -> None:
    assert stored(("9876", "HS/P", "9876", "异常")) == [["9876", "HS/P", "异常"]]


def test_an_original_without_any_stays_out_of_the_index() -> None:
    assert stored(()) == [None]


def test_of_several_pieces_the_first_has_them() -> None:
    assert stored(("9876",), b"x" * 1_000_000) == [["9876"], None]


def test_so_many_as_a_header_may_hold() -> None:
    (kept,) = stored(tuple(str(n) for n in range(500)))
    assert isinstance(kept, list)
    assert len(kept) == MAX_UNKNOWN


def printed(codes: list[UnknownCode], width: int = 160) -> str:
    out = StringIO()
    present(codes, Console(file=out, width=width))
    return out.getvalue()


def test_the_list_names_gateway_code_times_and_an_original() -> None:
    shown = printed([UnknownCode("sf", "9876", 12, NOW - timedelta(days=1), NOW, "id-1")])
    assert all(word in shown for word in ("sf", "9876", "12", "id-1", "2026-11-19", "2026-11-20"))
    assert "no unknown codes" in printed([])


def test_the_original_s_id_can_be_copied_from_a_narrow_window() -> None:
    original = "3166842b-03fe-5897-a197-c9fcef33395a"
    assert original in printed([UnknownCode("kuaidi100", "9876", 12, NOW, NOW, original)], width=80)

"""Forms are read exactly as urllib reads them, whatever is in them (IN-2, IN-8)."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.adapters.form import form_fields

pytestmark = pytest.mark.req("IN-2", "IN-8")
MAX = 20
PIECES = st.sampled_from(
    [b"%", b"%e", b"%E4%BD%A0", b"%ff", b"%00", b"+", b"&", b"=", b";", b"a", b"param", b"%zz", b"\xe4"]
)


def theirs(body: bytes) -> list[tuple[str, str]] | None:
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX)
    except ValueError:
        return None


def ours(body: bytes) -> list[tuple[str, str]] | None:
    try:
        return form_fields(body, MAX)
    except ValueError:
        return None


@given(st.lists(PIECES | st.binary(max_size=3), max_size=40))
def test_any_bytes(pieces: list[bytes]) -> None:
    assert ours(b"".join(pieces)) == theirs(b"".join(pieces))


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=MAX))
def test_what_was_written_is_read(fields: list[tuple[str, str]]) -> None:
    assert form_fields(urlencode(fields).encode(), MAX) == fields

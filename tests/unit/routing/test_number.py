"""RO-1: case numbers."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.number import ALPHABET, id_range, number_of

uuids = st.integers(0, 2**128 - 1).map(lambda n: str(UUID(int=n)))


@pytest.mark.req("RO-1")
@given(uuids)
def test_a_number_leads_back_to_its_case(case_id: str) -> None:
    number = number_of(case_id)
    assert number.startswith("PC")
    assert len(number) == 10
    assert set(number[2:]) <= set(ALPHABET)
    span = id_range(number)
    assert span is not None
    assert span[0] <= case_id < span[1]


@pytest.mark.req("RO-1")
@given(uuids, uuids)
def test_the_span_of_a_number_holds_only_cases_of_that_number(one: str, other: str) -> None:
    span = id_range(number_of(one))
    assert span is not None
    assert (span[0] <= other < span[1]) == (number_of(one) == number_of(other))


@pytest.mark.req("RO-1")
@pytest.mark.parametrize("typed", ["pc0123abcd", " PC0123ABCD ", "PCO123ABCD", "PCo123abcd"])
def test_what_people_type_is_understood(typed: str) -> None:
    assert id_range(typed) == id_range("PC0123ABCD")


@pytest.mark.req("RO-1")
@pytest.mark.parametrize("typed", ["", "PC", "PC0123ABC", "PC0123ABCDE", "XX0123ABCD", "PC0123ABCU"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    assert id_range(typed) is None

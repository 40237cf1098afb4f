"""Ids that follow from their cause (IN-6)."""

from uuid import uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.base import NAMESPACE, derived_id


@pytest.mark.req("IN-6")
@given(st.text(), st.text())
def test_a_derived_id_is_the_uuid5_of_its_cause_and_place(cause: str, place: str) -> None:
    assert derived_id(cause, place) == str(uuid5(NAMESPACE, f"{cause}/{place}"))

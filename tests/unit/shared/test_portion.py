"""The size of a transaction follows what the database can do in its time."""

import pytest

from shared.messaging.portion import Portion


@pytest.mark.req("SY-2")
def test_halves_down_to_one_and_grows_back_to_where_it_began() -> None:
    portion = Portion(2000)
    sizes = []
    for _ in range(10):
        portion.too_long(min(500, portion.size))
        sizes.append(portion.size)
    assert sizes == [250, 125, 62, 31, 15, 7, 3, 1, 1, 1]
    for _ in range(80):
        before = portion.size
        portion.went_well()
        assert before < portion.size <= max(before + 1, before * 9 // 8)
        if portion.size == 2000:
            return
    raise AssertionError(portion.size)

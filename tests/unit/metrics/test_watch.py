"""Lag by group and topic, and when a rebuild has caught up (ME-1, SY-9)."""

import pytest
from aiokafka import TopicPartition

from services.metrics.lag import Offsets, lag_by_topic
from services.metrics.watch import reached

CASES_0, CASES_1 = TopicPartition("p-cases.v1", 0), TopicPartition("p-cases.v1", 1)


@pytest.mark.req("ME-1")
def test_lag_is_summed_over_partitions() -> None:
    offsets = Offsets(
        {"metrics": {CASES_0: 5, CASES_1: 10}, "claims": {CASES_0: 9}},
        {CASES_0: 9, CASES_1: 10},
    )
    assert lag_by_topic(offsets, "p-") == {("metrics", "cases.v1"): 4, ("claims", "cases.v1"): 0}


@pytest.mark.req("ME-1")
def test_a_partition_without_an_end_is_not_behind() -> None:
    """A topic that was deleted, or whose end moved back after it was made anew."""
    assert lag_by_topic(Offsets({"g": {CASES_0: 5}}, {}), "p-") == {("g", "cases.v1"): 0}
    assert lag_by_topic(Offsets({"g": {CASES_0: 5}}, {CASES_0: 2}), "p-") == {("g", "cases.v1"): 0}


@pytest.mark.req("SY-9")
@pytest.mark.parametrize(
    ("committed", "expected"), [({}, False), ({CASES_0: 4}, False), ({CASES_0: 5}, True), ({CASES_0: 6}, True)]
)
def test_a_rebuild_ends_where_the_topics_ended(committed: dict[TopicPartition, int], expected: bool) -> None:
    assert reached({"metrics/p-cases.v1/0": 5}, Offsets({"metrics": committed}, {})) is expected

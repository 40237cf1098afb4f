"""A key lies in the partition in which every other client looks for it."""

from aiokafka.partitioner import DefaultPartitioner
from aiokafka.partitioner import murmur2 as driver
from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.partitioning import murmur2, partition_of

PARTITIONER = DefaultPartitioner()


@given(st.binary(max_size=60))
def test_the_hash_is_the_drivers(key: bytes) -> None:
    assert murmur2(key) == driver(key)


@given(st.text(max_size=40), st.integers(1, 64))
def test_so_is_the_partition(key: str, partitions: int) -> None:
    assert partition_of(key.encode(), partitions) == PARTITIONER(key.encode(), list(range(partitions)), None)

"""Which partition a key belongs to: Kafka's own murmur2, in half of the driver's time; the flood asks for each scan."""

import struct
from functools import cache

_M, _MASK = 0x5BD1E995, 0xFFFFFFFF
_SEED = 0x9747B28C


def partition_of(key: bytes, partitions: int) -> int:
    """The same as every Kafka client's default partitioner, aiokafka's among them."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(key: bytes) -> int:
    length = len(key)
    whole = length & ~3
    h = _SEED ^ length
    for word in _words(whole)(key):
        k = word * _M & _MASK
        h = (h * _M ^ (k ^ k >> 24) * _M) & _MASK
    if whole != length:
        h = (h ^ int.from_bytes(key[whole:], "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15


_words = cache(lambda length: struct.Struct(f"<{length // 4}I").unpack_from)

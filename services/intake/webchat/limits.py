"""How often one visitor, or one network address, may ask: a token bucket each, the longest unused forgotten (IN-8)."""

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from services.intake.admission import TokenBucket
from services.intake.delivery import Reason, Rejected
from services.intake.rate import Rate

REMEMBERED = 20_000


class Limits:
    def __init__(self, monotonic: Callable[[], float], remembered: int = REMEMBERED) -> None:
        self._monotonic = monotonic
        self._remembered = remembered
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def count(self, who: str, rate: Rate) -> None:
        """Raises `Rejected` (429)."""
        now = self._monotonic()
        bucket = self._buckets.setdefault(who, TokenBucket.full(rate, now))
        self._buckets.move_to_end(who)
        if len(self._buckets) > self._remembered:
            self._buckets.popitem(last=False)
        if wait := bucket.take(now):
            raise Rejected(Reason.RATE, "too many requests from here: wait a little", retry_after_s=wait)


def network_of(address: str) -> str:
    """An IPv6 network has 2^64 addresses for one household: they count as one."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(IPv6Address(int(found) >> 64 << 64)) if isinstance(found, IPv6Address) else str(found)

"""Counting parcels: distinct tracking numbers by customer and calendar month. Order and repeats do not matter (RO-5).

Of a month only the first `kept` numbers in alphabetical order are remembered: enough to know that there are more than
the limit, and the same whatever came first. Ids of one person keep volumes of their own and are added up where they
are read, so a merge that is undone takes nothing along.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.routing.key_accounts.rules import KeyAccountRules, Month
from services.routing.persons import is_unknown_id
from shared.contracts.orders import OrderEvent

Volume = Mapping[Month, Sequence[str]]
"""A customer's parcels: tracking numbers by month, sorted."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """Parcels of one customer in one month."""

    customer_id: str
    month: Month
    tracking_numbers: tuple[str, ...]


def shipped(order: OrderEvent, received_at: datetime, rules: KeyAccountRules) -> Iterator[Shipped]:
    """What an order event adds, and to whom. A shop's clock that runs ahead counts for when its event was received."""
    if order.stage not in rules.stages or not order.tracking_numbers:
        return
    month = rules.month_of(min(order.occurred_at, received_at))
    buyer = order.customer.customer_id if order.customer else None
    if "buyer" in rules.counted_for and buyer is not None and not is_unknown_id(buyer):
        yield Shipped(buyer, month, order.tracking_numbers)
    if "shop" in rules.counted_for and order.shop != buyer:
        yield Shipped(order.shop, month, order.tracking_numbers)


def grown(
    known: Mapping[str, Volume], found: Iterable[Shipped], oldest: Month, rules: KeyAccountRules
) -> dict[str, Volume]:
    """The volumes that `found` changes, as they are then; without months before the `oldest`."""
    changed: dict[str, Volume] = {}
    for one in found:
        if one.month < oldest:
            continue
        volume = changed.get(one.customer_id, known.get(one.customer_id, {}))
        before = volume.get(one.month, ())
        after = sorted({*before, *one.tracking_numbers})[: rules.kept]
        if after != list(before):
            changed[one.customer_id] = {month: n for month, n in volume.items() if month >= oldest} | {one.month: after}
    return changed


def key_until(volumes: Iterable[Volume], oldest: Month, rules: KeyAccountRules) -> datetime | None:
    """Until when (UTC, exclusive) the person with these volumes is a key account; None: is none by any month from the
    `oldest` on."""
    months: dict[Month, set[str]] = {}
    for volume in volumes:
        for month, numbers in volume.items():
            if month >= oldest:
                months.setdefault(month, set()).update(numbers)
    passed = [month for month, numbers in months.items() if len(numbers) > rules.parcels_over]
    return rules.ends_at(max(passed)) if passed else None

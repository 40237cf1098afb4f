"""Python's cyclic garbage collector in a process that works in batches: seldom, and never over what stays for good."""

import gc

YOUNG = 100_000
"""Objects made since the last round, at which the next one begins: more than a batch of 2,000 parcel scans makes, which
are all still needed. Python's own 700 come together many times in any batch; looking at them again and again took a
fifth of a service's time."""
MIDDLE, OLD = 20, 50


def settle() -> None:
    """Call when all is built: modules, models, rules and clients are never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)

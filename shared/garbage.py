"""Python's cyclic garbage collector in a process that works in batches: seldom, and never over what stays for good."""

import gc

YOUNG = 20_000
"""Objects made since the last round, at which the next one begins. Python's own 700 come together several times in a
batch whose records are all still needed; looking at them again and again took a fifth of a service's time."""
MIDDLE, OLD = 20, 50


def settle() -> None:
    """Call when all is built: modules, models, rules and clients are never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)

"""How long a gateway waits before it delivers the same again."""

import random

FIRST_S = 0.2
LONGEST_S = 3.0


def pause_s(rng: random.Random, attempt: int, asked: float | None) -> float:
    """Doubles with each attempt up to LONGEST_S, spread by a third; what the other side asked for counts as least."""
    waited: float = min(LONGEST_S, FIRST_S * 2.0 ** min(attempt, 10)) * rng.uniform(0.67, 1.33)
    return max(waited, asked or 0.0)

"""One rule's finding, and the evidence that all rules are judged on. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from demo.ledger import Ledger
from demo.seen.observations import Observations
from demo.seen.providers import Arrival, StatementLine

EXAMPLES = 5
GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule and how often it is broken; `of`: how many things it was checked on."""

    name: str
    zh: str
    en: str
    group: str
    of: int
    broken: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """All that is judged. `now`: monotonic seconds; what is younger than GRACE_S may still be on its way."""

    ledger: Ledger
    seen: Observations
    statement: Sequence[StatementLine] = ()
    mails: Sequence[Arrival] = ()
    webhooks: Sequence[Arrival] = ()
    now: float = float("inf")

    def settled(self, seen_at: float) -> bool:
        return seen_at <= self.now - GRACE_S


Rule = Callable[[Evidence], Finding]


def finding(name: str, zh: str, en: str, group: str, of: int, broken: Iterable[str]) -> Finding:
    cases = list(broken)
    return Finding(name, zh, en, group, of, len(cases), tuple(cases[:EXAMPLES]))

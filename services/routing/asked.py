"""What the desk may be asked to do to cases, and why it could not be tried."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.routing.acts import Act, Actor
from services.routing.legal.acts import LegalAct
from services.routing.state import CaseState, ChangeSet
from shared.contracts.base import derived_id


class DeskError(Exception):
    """An act that could not be tried."""


class Unknown(DeskError):
    """What is named is not there."""


class UnknownCase(Unknown):
    """There is no such case."""


class StaleVersion(DeskError):
    """The case has changed since the agent read it."""


class KeyReused(DeskError):
    """The same idempotency key came with another act."""


@dataclass(frozen=True, slots=True)
class ActRequest:
    """`key`: the caller's idempotency key; `fingerprint`: a hash of what was asked under it."""

    case_id: str
    act: Act | LegalAct
    version: int
    key: str
    fingerprint: str

    @property
    def act_id(self) -> str:
        return derived_id(f"act/{self.act.actor.agent}/{self.case_id}", self.key)


Pair = tuple[ChangeSet, ChangeSet]


@dataclass(frozen=True, slots=True)
class PairRequest:
    """An act that concerns two cases: `decide` gets the named one, and the `other` where there is one yet, and gives
    both as they are to be, the named one first."""

    case_id: str
    actor: Actor
    decide: Callable[[CaseState, CaseState | None, str, datetime], Pair]
    version: int
    key: str
    fingerprint: str
    other: str | None = None

    @property
    def act_id(self) -> str:
        return derived_id(f"act/{self.actor.agent}/{self.case_id}", self.key)


Request = ActRequest | PairRequest

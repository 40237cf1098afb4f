"""What the progress page shows of a case: one document per case, case and claims each at their own version (NO-5).

Made by our own code with every event, so plain data classes; checked where it comes back from the database.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from pydantic import BaseModel, TypeAdapter
from typing_extensions import TypedDict

from shared.contracts.base import Fen, Instant, Language
from shared.contracts.cases import CaseField, CaseKind, CaseStatus, ClockKind, ClockState
from shared.contracts.claims import Award, ClaimState, Liability, LiableParty
from shared.contracts.interactions import ClaimKind, EvidenceKind
from shared.contracts.parcels import ExceptionKind, Node, TrackPoint
from shared.contracts.people import Channel
from shared.contracts.personal import Personal

MAX_TIMELINE = 100
"""Lines that are kept of a case; older ones fall off."""

Told = Literal["email", "webhook", "nobody"]
"""How a change was told; `nobody`: the customer has no address that we can write to."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A time limit as a customer sees it."""

    kind: ClockKind
    state: ClockState
    due_at: Instant


@dataclass(frozen=True, slots=True)
class Track:
    """A parcel's way, without the people at its ends."""

    tracking_number: str
    carrier: str
    node: Node
    origin: str | None = None
    destination: str | None = None
    points: tuple[TrackPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class SurveyView:
    """Whether the customer may still say how satisfied they are, or what they said (1 to 5)."""

    asked_at: Instant
    until: Instant
    score: int | None = None
    closed: bool = False
    reopens_up_to: int = 0

    def is_open(self, now: datetime) -> bool:
        return self.score is None and not self.closed and now < self.until


@dataclass(frozen=True, slots=True)
class CaseView:
    """The case at `version`, as far as the page and the notices need it."""

    version: int
    kind: CaseKind
    status: CaseStatus
    group: str
    channel: Channel
    origin: Literal["contact", "parcel_exception"]
    opened_at: Instant
    updated_at: Instant
    tags: tuple[str, ...] = ()
    closed_at: Instant | None = None
    answered: bool = False
    escalated: bool = False
    exception: ExceptionKind | None = None
    tracking_numbers: tuple[str, ...] = ()
    order_numbers: tuple[str, ...] = ()
    promises: tuple[Promise, ...] = ()
    track: Track | None = None
    expected: Instant | None = None
    mail_thread: str | None = None
    summary: Personal | None = None
    missing: tuple[CaseField, ...] = ()
    survey: SurveyView | None = None


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim of the case at `version`."""

    claim_id: str
    version: int
    number: str
    kind: ClaimKind
    state: ClaimState
    opened_at: Instant
    updated_at: Instant
    claimed_fen: Fen = 0
    missing: tuple[EvidenceKind, ...] = ()
    received: tuple[EvidenceKind, ...] = ()
    liability: Liability | None = None
    award: Award | None = None
    by_person: bool = False
    payout: Literal["requested", "pending", "succeeded", "refused"] | None = None
    provider_ref: str | None = None
    payee_mask: str | None = None
    decided_at: Instant | None = None
    paid_at: Instant | None = None


class Facts(TypedDict, total=False):
    """What a timeline line was about, as values; the page turns them into words of the reader's language."""

    kind: CaseKind
    group: str
    role: str
    exception: ExceptionKind | None
    promise: Instant | None
    amount: Fen | None
    evidence: tuple[EvidenceKind, ...]
    received: tuple[EvidenceKind, ...]
    details: tuple[CaseField, ...]
    channel: Channel
    node: Node | None
    outcome: ClaimState
    claim: str
    other: str
    party: LiableParty | None
    text: Personal | None
    incident: str
    place: str
    expected: Instant | None
    parcel: str
    score: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline: the row of rules/notices.yaml that it follows, and its facts.

    `of` is the change-set that it came from (case#3, or <claim id>#2), `place` where its change stands in that.
    """

    of: str
    at: Instant
    row: str
    facts: Facts
    place: int = 0
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom the page is for, masked."""

    language: Language = "zh"
    name: str = ""
    phone: str = ""
    mail: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """The page's document, timeline newest first. `version` counts the writes; case and claims are guarded by their
    own versions."""

    case_id: str
    number: str
    version: int = 0
    reader: Reader = Reader()
    case: CaseView | None = None
    claims: tuple[ClaimView, ...] = ()
    timeline: tuple[Entry, ...] = ()

    @property
    def claim(self) -> ClaimView | None:
        """The claim that counts for the case's stage: the latest one."""
        return self.claims[-1] if self.claims else None

    def knows(self, change_set: str) -> bool:
        return any(entry.of == change_set for entry in self.timeline)


_STORED = TypeAdapter(View)


def to_json(view: View) -> str:
    return orjson.dumps(view, _plain, orjson.OPT_UTC_Z).decode()


def from_json(text: str) -> View:
    """Raises pydantic.ValidationError."""
    return _STORED.validate_json(text)


def _plain(value: Any) -> Any:
    """Of a contract's values, which are rare here."""
    if isinstance(value, Personal):
        return value.reveal()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    raise TypeError(f"{type(value).__name__} is not stored")

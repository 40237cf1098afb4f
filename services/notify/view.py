"""What the progress page shows of a case: one document per case, case and claims each at their own version (NO-5)."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Fen, Instant, Language
from shared.contracts.cases import CaseKind, CaseStatus, ClockKind, ClockState
from shared.contracts.claims import Award, ClaimState, Liability, LiableParty
from shared.contracts.interactions import ClaimKind, EvidenceKind
from shared.contracts.parcels import ExceptionKind, Node, TrackPoint
from shared.contracts.people import Channel
from shared.contracts.personal import Personal

MAX_TIMELINE = 100
"""Lines that are kept of a case; older ones fall off."""

Told = Literal["email", "webhook", "nobody"]
"""How a change was told; `nobody`: the customer has no address that we can write to."""


class Promise(Contract):
    """A time limit as a customer sees it."""

    kind: ClockKind
    state: ClockState
    due_at: Instant


class Track(Contract):
    """A parcel's way, without the people at its ends."""

    tracking_number: str
    carrier: str
    node: Node
    origin: str | None = None
    destination: str | None = None
    points: tuple[TrackPoint, ...] = ()


class CaseView(Contract):
    """The case at `version`, as far as the page and the notices need it."""

    version: int
    kind: CaseKind
    tags: tuple[str, ...] = ()
    status: CaseStatus
    group: str
    channel: Channel
    origin: Literal["contact", "parcel_exception"]
    opened_at: Instant
    updated_at: Instant
    closed_at: Instant | None = None
    answered: bool = False
    escalated: bool = False
    exception: ExceptionKind | None = None
    tracking_numbers: tuple[str, ...] = ()
    order_numbers: tuple[str, ...] = ()
    promises: tuple[Promise, ...] = ()
    track: Track | None = None
    mail_thread: str | None = None
    summary: Personal | None = None


class ClaimView(Contract):
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


class Facts(Contract):
    """What a timeline line was about, as values; the page turns them into words of the reader's language."""

    kind: CaseKind | None = None
    group: str | None = None
    role: str | None = None
    exception: ExceptionKind | None = None
    promise: Instant | None = None
    amount: Fen | None = None
    evidence: tuple[EvidenceKind, ...] = ()
    received: tuple[EvidenceKind, ...] = ()
    channel: Channel | None = None
    node: Node | None = None
    outcome: ClaimState | None = None
    claim: str | None = None
    party: LiableParty | None = None
    text: Personal | None = None


class Entry(Contract):
    """A line of the timeline: the row of rules/notices.yaml that it follows, and its facts."""

    of: str = Field(description="the change-set it came from: case#3, or <claim id>#2")
    at: Instant
    place: int = Field(0, description="where its change stands in the change-set")
    row: str
    facts: Facts
    told: Told | None = None


class Reader(Contract):
    """Whom the page is for, masked."""

    language: Language = "zh"
    name: str = ""
    phone: str = ""
    mail: str = ""


class View(Contract):
    """The page's document. `version` counts the writes; case and claims are guarded by their own versions."""

    case_id: str
    number: str
    version: int = 0
    reader: Reader = Reader()
    case: CaseView | None = None
    claims: tuple[ClaimView, ...] = ()
    timeline: tuple[Entry, ...] = Field((), description="newest first")

    @property
    def claim(self) -> ClaimView | None:
        """The claim that counts for the case's stage: the latest one."""
        return self.claims[-1] if self.claims else None

    def knows(self, change_set: str) -> bool:
        return any(entry.of == change_set for entry in self.timeline)

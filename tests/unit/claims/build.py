"""Cases, parcels and claims for the tests of this folder, and a small world that carries events to `decide`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from services.claims.case_seen import Earlier, case_seen, may_concern
from services.claims.claim_file import ClaimFile
from services.claims.decide import CaseOpens, Decision, Event, decide
from services.claims.opening import kind_of
from services.claims.register import Register, customer_key, exact_keys, keys_seen
from services.claims.rulebook import RuleSet, shipped
from shared.contracts.cases import (
    Case,
    CaseChanged,
    CaseKind,
    CaseStatus,
    Classification,
    ContactAdded,
    MediaAdded,
    Opened,
    ParcelUpdated,
)
from shared.contracts.claims import ClaimState, PayoutRequested
from shared.contracts.interactions import Attachment, ClaimForm, ClaimKind, EvidenceKind
from shared.contracts.media import MediaKind
from shared.contracts.parcels import Node, Parcel, Shipment, TrackPoint
from shared.contracts.people import Channel, ContactKind, ContactPoint, Customer
from shared.contracts.personal import Personal

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
TRACKING = "SF1234567890123"
RULES: RuleSet = shipped().at(NOW)
ALIPAY = Personal("alipay:user@example.com")


def customer(customer_id: str = "c-1", tier: str = "standard", phone: str | None = "+8613912345678") -> Customer:
    contacts = (ContactPoint(kind=ContactKind.PHONE, value=Personal(phone)),) if phone else ()
    return Customer(customer_id=customer_id, name=Personal("王小明"), contacts=contacts, tier=tier)


def shipment(**fields: Any) -> Shipment:
    base: dict[str, Any] = {"product": "standard", "freight_fen": 1200, "goods": "衣服"}
    return Shipment(**{**base, **fields})


def point(node: Node, hours_ago: float, **fields: Any) -> TrackPoint:
    return TrackPoint(node=node, at=NOW - timedelta(hours=hours_ago), **fields)


def parcel(*track: TrackPoint, terms: Shipment | None = None, tracking_number: str = TRACKING) -> Parcel:
    points = track or (point(Node.PICKED_UP, 30), point(Node.HUB_IN, 20))
    return Parcel(
        tracking_number=tracking_number,
        carrier="sf",
        node=points[-1].node,
        shipment=terms or shipment(),
        track=points,
    )


def signed(hours_ago: float = 10, terms: Shipment | None = None) -> Parcel:
    return parcel(point(Node.PICKED_UP, hours_ago + 40), point(Node.SIGNED, hours_ago), terms=terms)


def form(kind: ClaimKind = ClaimKind.DAMAGE, claimed_fen: int = 19900, **fields: Any) -> ClaimForm:
    base: dict[str, Any] = {"tracking_number": TRACKING, "payee": ALIPAY, "goods": "衣服"}
    return ClaimForm(kind=kind, claimed_fen=claimed_fen, **{**base, **fields})


def case(version: int = 1, case_id: str = "11111111-1111-5111-8111-111111111111", **fields: Any) -> Case:
    base: dict[str, Any] = {
        "number": "PC00000001",
        "customer": customer(),
        "channel": Channel.WEB,
        "origin": "contact",
        "status": CaseStatus.QUEUED,
        "classification": Classification(
            kind=CaseKind.CLAIM, tags=("damage",), priority=2, confidence=0.9, rule="test"
        ),
        "group": "claims",
        "tracking_numbers": (TRACKING,),
        "opened_at": NOW,
        "updated_at": NOW,
    }
    return Case(case_id=case_id, version=version, **{**base, **fields})


def attachment(evidence: EvidenceKind | None, name: str = "", content_type: str = "image/jpeg") -> Attachment:
    text = name or f"{evidence}"
    return Attachment(
        name=Personal(text),
        content_type=content_type,
        size=1000,
        sha256=sha256(text.encode()).hexdigest(),
        ref=f"raw:i-1#{text}",
        evidence=evidence,
    )


PHOTO = attachment(EvidenceKind.DAMAGE_PHOTO)
PACKING = attachment(EvidenceKind.PACKAGING)
INVOICE = attachment(EvidenceKind.PROOF_OF_VALUE, content_type="application/pdf")


def contact(*attachments: Attachment) -> ContactAdded:
    return ContactAdded(
        interaction_id="i-1",
        channel=Channel.WEB,
        text=Personal("见附件"),
        occurred_at=NOW,
        attachments=attachments,
    )


def fetched(attachment: Attachment) -> MediaAdded:
    """A file that a contact had only named, and that came afterwards."""
    return MediaAdded(interaction_id="i-1", ref="media:wechat/1", kind=MediaKind.IMAGE, attachments=(attachment,))


def opened(given: Case, *attachments: Attachment) -> CaseChanged:
    return CaseChanged(changes=(Opened(interaction_id="i-1"), contact(*attachments)), case=given, at=NOW)


def answered(given: Case, cleared: bool = False) -> CaseChanged:
    return CaseChanged(changes=(ParcelUpdated(cleared=cleared),), case=given, at=NOW)


def mailed(given: Case, *attachments: Attachment) -> CaseChanged:
    return CaseChanged(changes=(contact(*attachments),), case=given, at=NOW)


@dataclass
class World:
    """Claims in memory, and everything that was decided; events go in as the handlers bring them."""

    rules: RuleSet = field(default_factory=lambda: RULES)
    files: dict[str, ClaimFile] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    earlier: tuple[Earlier, ...] = ()

    def tell(self, event: CaseChanged, now: datetime = NOW) -> None:
        if not may_concern(event):
            return
        seen = case_seen(event)
        mine = {f.kind: f for f in self.files.values() if f.claim.case_id == event.case.case_id}
        wanted = kind_of(event.case, self.rules.opening)
        for kind in dict.fromkeys((*mine, *([wanted] if wanted else []))):
            file = mine.get(kind)
            register = Register(self.earlier)
            for other in self.files.values():
                register.note(other)
            keys = keys_seen(seen) | {customer_key(event.case.customer.customer_id)}
            told = case_seen(event, register.about(keys | (exact_keys(file) if file else set())))
            self.take(decide(file, told if file else CaseOpens(told, kind), self.rules, now))

    def act(self, event: Event, now: datetime = NOW, claim: ClaimFile | None = None) -> Decision | None:
        """Raises `Refused`."""
        decision = decide(claim or self.only, event, self.rules, now)
        self.take(decision)
        return decision

    def take(self, decision: Decision | None) -> None:
        if decision is not None:
            self.files[decision.file.claim.claim_id] = decision.file
            self.decisions.append(decision)

    @property
    def only(self) -> ClaimFile:
        (file,) = self.files.values()
        return file

    def state(self) -> ClaimState:
        return self.only.claim.state

    @property
    def payouts(self) -> list[PayoutRequested]:
        return [d.payout for d in self.decisions if d.payout is not None]

    @property
    def changes(self) -> list[str]:
        return [change.type for d in self.decisions for change in d.changes]


def world(*events: CaseChanged, earlier: Iterable[Earlier] = ()) -> World:
    made = World(earlier=tuple(earlier))
    for event in events:
        made.tell(event)
    return made

"""What a claim learns from its case: one change of the case, cut down to what concerns compensation."""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.cases import Case, CaseChanged, Classified, ContactAdded, MediaAdded, Opened, ParcelUpdated
from shared.contracts.interactions import Attachment


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another claim, as far as the fraud signals look at it."""

    claim_id: str
    customer_id: str
    opened_at: datetime
    by_customer: bool
    withdrawn: bool
    tracking_number: str | None
    photos: frozenset[str]


@dataclass(frozen=True, slots=True)
class CaseSeen:
    """`answered`: the parcel's facts (or their absence) came with it; `cleared`: its exception is over."""

    case: Case
    attachments: tuple[Attachment, ...] = ()
    answered: bool = False
    cleared: bool = False
    earlier: tuple[Earlier, ...] = ()


def case_seen(event: CaseChanged, earlier: tuple[Earlier, ...] = ()) -> CaseSeen:
    bringing = [c for c in event.changes if isinstance(c, ContactAdded | MediaAdded)]
    updates = [c for c in event.changes if isinstance(c, ParcelUpdated)]
    return CaseSeen(
        case=event.case,
        attachments=tuple(a for change in bringing for a in change.attachments),
        answered=bool(updates) or event.case.parcel is not None,
        cleared=any(update.cleared for update in updates),
        earlier=earlier,
    )


def may_concern(event: CaseChanged) -> bool:
    """Whether the changes are of a sort that can matter to a claim (assignments, clocks and replies cannot)."""
    for change in event.changes:
        if isinstance(change, Opened | Classified | ParcelUpdated | MediaAdded):
            return True
        if isinstance(change, ContactAdded) and (change.attachments or event.case.claim is not None):
            return True
    return False

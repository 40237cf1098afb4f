"""Files that come with a contact: what the event says of each, and which go to the object store (IN-4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from services.intake.adapters.filetype import type_of
from services.intake.delivery import ToKeep
from services.intake.objects.faults import Infected, ObjectFault, TooLarge
from services.intake.objects.kept import ref_of
from services.intake.objects.kind import checked_type
from services.intake.objects.rules import ObjectRules
from shared.contracts.interactions import Attachment, EvidenceKind
from shared.contracts.personal import Personal

MAX_NAME, MAX_TYPE = 255, 100
Refused = Literal["type", "size", "malware"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent; `part` numbers it within its original, `pointer` says where in a JSON body it stands."""

    part: int
    name: str
    declared_type: str
    content: bytes
    evidence: EvidenceKind | None = None
    pointer: str = ""


def attach(sent: Sent, rules: ObjectRules) -> tuple[Attachment, ToKeep]:
    """Raises `ObjectFault` for what the object store does not take."""
    content_type = checked_type(sent.content, len(sent.content), sent.declared_type, rules, sent.name)
    digest = sha256(sent.content).hexdigest()
    attachment = _attachment(sent, content_type, digest, ref_of(digest), None)
    return attachment, ToKeep(sent.content, content_type, sent.pointer)


def attach_all(
    files: Sequence[Sent], interaction_id: str, rules: ObjectRules
) -> tuple[tuple[Attachment, ...], tuple[ToKeep, ...]]:
    """A file that is not taken stays where it came, within the original: the contact is not lost for its sake."""
    attachments, kept = [], []
    for sent in files:
        try:
            attachment, file = attach(sent, rules)
        except ObjectFault as fault:
            attachment = refused(sent, interaction_id, fault)
        else:
            kept.append(file)
        attachments.append(attachment)
    return tuple(attachments), tuple(kept)


def refused(sent: Sent, interaction_id: str, fault: ObjectFault) -> Attachment:
    """A file that is not taken: it is read where it came, by its part of the original."""
    why: Refused = "size" if isinstance(fault, TooLarge) else "malware" if isinstance(fault, Infected) else "type"
    shown = type_of(sent.content, sent.declared_type, sent.name)
    digest = sha256(sent.content).hexdigest()
    return _attachment(sent, shown, digest, f"raw:{interaction_id}#{sent.part}", why)


def _attachment(sent: Sent, content_type: str, digest: str, ref: str, why: Refused | None) -> Attachment:
    declared = sent.declared_type[:MAX_TYPE]
    return Attachment(
        name=Personal(sent.name[:MAX_NAME]),
        content_type=content_type[:MAX_TYPE],
        size=len(sent.content),
        sha256=digest,
        ref=ref,
        evidence=sent.evidence,
        declared_type=None if declared == content_type else declared,
        refused=why,
    )

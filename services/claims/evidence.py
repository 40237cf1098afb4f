"""Evidence (CL-2): what a claim of its kind needs, what of it is there, and what an unnamed file counts as."""

from collections.abc import Callable, Mapping

from services.claims.claim_file import ClaimFile
from services.claims.rule_models import Condition, EvidenceFile
from shared.contracts.interactions import Attachment, EvidenceKind
from shared.contracts.parcels import ExceptionKind

Holds = Callable[[ClaimFile], bool]


def value_on_record(file: ClaimFile) -> bool:
    """The insured or declared value covers what is claimed, so that no invoice is needed."""
    return file.full_value_fen > 0 and file.claim.claimed_fen <= file.full_value_fen


def carrier_reports(file: ClaimFile, kind: ExceptionKind) -> bool:
    track = file.claim.parcel.track if file.claim.parcel else ()
    return file.report == kind or any(point.exception == kind for point in track)


CONDITIONS: Mapping[Condition, Holds] = {
    "parcel_on_record": lambda file: file.claim.parcel is not None,
    "value_on_record": value_on_record,
    "carrier_reports_loss": lambda file: carrier_reports(file, ExceptionKind.LOSS),
    "carrier_reports_damage": lambda file: carrier_reports(file, ExceptionKind.DAMAGE),
}


def required(file: ClaimFile, rules: EvidenceFile) -> tuple[EvidenceKind, ...]:
    return tuple(
        row.evidence
        for row in rules.kinds[file.kind]
        if not any(CONDITIONS[condition](file) for condition in row.unless)
    )


def with_attachments(file: ClaimFile, attachments: tuple[Attachment, ...], rules: EvidenceFile) -> ClaimFile:
    """The file with what is new of the attachments, each under a kind; the same file twice counts once.

    A file that names no kind (an image or PDF in a mail) is given one by its content type, and that it was is noted.
    What intake did not take for its type, or for what a scanner found in it, proves nothing.
    """
    for attachment in attachments:
        if attachment.refused in ("type", "malware"):
            continue
        known = {(a.sha256, a.evidence) for a in file.claim.evidence}
        if attachment.evidence is None and attachment.sha256 in {sha256 for sha256, _ in known}:
            continue
        kind = attachment.evidence or inferred_kind(file, attachment.content_type, rules)
        if kind is None or (attachment.sha256, kind) in known:
            continue
        named = attachment.model_copy(update={"evidence": kind})
        claim = file.claim.model_copy(update={"evidence": (*file.claim.evidence, named)})
        guesses = file.inferred if attachment.evidence else (*file.inferred, attachment.sha256)
        file = file.model_copy(update={"claim": claim, "inferred": guesses})
    return file


def inferred_kind(file: ClaimFile, content_type: str, rules: EvidenceFile) -> EvidenceKind | None:
    """The first kind of the content type's row that is needed and missing, else the row's first."""
    row = next((r for r in rules.infer if content_type.startswith(r.content_type)), None)
    if row is None:
        return None
    have = {a.evidence for a in file.claim.evidence}
    needed = [kind for kind in required(file, rules) if kind not in have]
    return next((kind for kind in row.as_ if kind in needed), row.as_[0])

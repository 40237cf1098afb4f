"""From a decision to the messages that announce it: one record per decision, and the look-up of a parcel."""

from datetime import datetime

from pydantic import TypeAdapter

from services.routing.state import CaseState, ChangeSet
from shared.contracts.base import Instant, derived_id
from shared.contracts.cases import CASE_CHANGED, Case, Change, Standing
from shared.contracts.parcels import PARCEL_LOOKUP, ParcelLookup
from shared.contracts.personal import Personal
from shared.contracts.topics import CASES, PARCEL_EVENTS, TRAINING
from shared.contracts.training import CLASSIFICATION_CORRECTED, ClassificationCorrected
from shared.messaging.message import Outgoing, outgoing

SOURCE = "routing"

_CHANGES = TypeAdapter(tuple[Change, ...])
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_STANDING = TypeAdapter(Standing)
_KEYS = TypeAdapter(tuple[str, ...])


def messages(found: ChangeSet, cause: str, now: datetime, traceparent: str | None = None) -> tuple[Outgoing, ...]:
    """What is to be published; nothing where nothing changed that concerns others."""
    if not found.changes:
        return ()
    case_id = found.state.case.case_id
    announced = Outgoing(
        topic=CASES.name,
        key=case_id,
        id=derived_id(cause, f"{CASES.name}/{case_id}/{CASE_CHANGED}"),
        type=CASE_CHANGED,
        time=now,
        value=case_changed(found, now),
        source=SOURCE,
        traceparent=traceparent,
    )
    return (announced,) if found.lookup is None else (announced, _asked(found.lookup, cause, now, traceparent))


def case_changed(found: ChangeSet, at: datetime) -> bytes:
    """The event as `CaseChanged` writes it, put together around the case, which the database has too."""
    parts = [b'{"changes":', _CHANGES.dump_json(found.changes, exclude_none=True), b',"case":', found.state.json]
    parts += [b',"at":', _INSTANT.dump_json(at)]
    if found.before is not None:
        parts += [b',"before":', _STANDING.dump_json(found.before, exclude_none=True)]
    return b"".join((*parts, b',"keys":', _KEYS.dump_json(found.state.open_keys), b"}"))


def _asked(lookup: ParcelLookup, cause: str, now: datetime, traceparent: str | None) -> Outgoing:
    return outgoing(
        PARCEL_EVENTS,
        lookup,
        type=PARCEL_LOOKUP,
        key=lookup.tracking_number,
        cause=cause,
        time=now,
        source=SOURCE,
        traceparent=traceparent,
    )


def correction(before: CaseState, after: Case, agent: str, cause: str, now: datetime) -> Outgoing:
    """What an agent corrected, to train on: with the customer's words, where they were kept."""
    corrected = after.classification
    event = ClassificationCorrected(
        case_id=after.case_id,
        text=before.said or Personal(""),
        language=corrected.language,
        before=before.case.classification,
        kind=corrected.kind,
        tags=corrected.tags,
        priority=corrected.priority,
        agent=agent,
        at=now,
    )
    return outgoing(
        TRAINING, event, type=CLASSIFICATION_CORRECTED, key=after.case_id, cause=cause, time=now, source=SOURCE
    )


def own_cause(what: str, found: ChangeSet) -> str:
    """The cause of what no event caused (a timer, the assigner): one per version of the case."""
    return derived_id(found.state.case.case_id, f"{what}/{found.state.case.version}")

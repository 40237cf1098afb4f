"""From a decision to the messages that announce it: one record per decision, and the look-up of a parcel."""

from datetime import datetime

from services.routing.state import ChangeSet
from shared.contracts.base import derived_id
from shared.contracts.cases import CASE_CHANGED, CaseChanged
from shared.contracts.parcels import PARCEL_LOOKUP
from shared.contracts.topics import CASES, PARCEL_EVENTS
from shared.messaging.message import Outgoing, outgoing

SOURCE = "routing"


def messages(found: ChangeSet, cause: str, now: datetime, traceparent: str | None = None) -> tuple[Outgoing, ...]:
    """What is to be published; nothing where nothing changed that concerns others."""
    if not found.changes:
        return ()
    case = found.state.case
    announced = outgoing(
        CASES,
        CaseChanged(changes=found.changes, case=case, at=now, before=found.before),
        type=CASE_CHANGED,
        key=case.case_id,
        cause=cause,
        time=now,
        source=SOURCE,
        traceparent=traceparent,
    )
    if found.lookup is None:
        return (announced,)
    asked = outgoing(
        PARCEL_EVENTS,
        found.lookup,
        type=PARCEL_LOOKUP,
        key=found.lookup.tracking_number,
        cause=cause,
        time=now,
        source=SOURCE,
        traceparent=traceparent,
    )
    return announced, asked


def own_cause(what: str, found: ChangeSet) -> str:
    """The cause of what no event caused (a timer, the assigner): one per version of the case."""
    return derived_id(found.state.case.case_id, f"{what}/{found.state.case.version}")

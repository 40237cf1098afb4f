"""What incidents announce, on incidents.v1 under the incident's id."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from services.routing.incidents.incident import Decided
from services.routing.record import SOURCE
from shared.contracts.incidents import INCIDENT_CHANGED, INCIDENT_PARCEL, IncidentChanged, IncidentParcel
from shared.contracts.topics import INCIDENTS
from shared.messaging.message import Outgoing, outgoing


def changed(decided: Decided, cause: str, now: datetime) -> Outgoing:
    event = IncidentChanged(changes=decided.changes, incident=decided.incident, at=now)
    key = decided.incident.incident_id
    return outgoing(INCIDENTS, event, type=INCIDENT_CHANGED, key=key, cause=cause, time=now, source=SOURCE)


def parcels(
    news: Iterable[IncidentParcel], cause: str, now: datetime, traceparent: str | None = None
) -> Iterator[Outgoing]:
    for one in news:
        yield outgoing(
            INCIDENTS,
            one,
            type=INCIDENT_PARCEL,
            key=one.incident_id,
            cause=cause,
            place=f"{one.incident_id}/{one.move}/{one.tracking_number}",
            time=now,
            source=SOURCE,
            traceparent=traceparent,
        )

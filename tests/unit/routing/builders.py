"""Contacts, exceptions and cases for the tests, with what a test does not care about filled in."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from services.routing import playbook_file, rule_files
from services.routing.case import Event, decide
from services.routing.incidents import rule_file
from services.routing.incidents.incident import Opening
from services.routing.incidents.incident import opened as opened_incident
from services.routing.incidents.rules import IncidentRules
from services.routing.rules import Rules
from services.routing.state import CaseState, ChangeSet
from shared.contracts.base import derived_id
from shared.contracts.cases import Case, ClockKind
from shared.contracts.incidents import Cause, Incident, Scope
from shared.contracts.interactions import Attachment, Interaction, MediaFailed, MediaStored
from shared.contracts.media import MediaFault, MediaKind, PlatformMedia
from shared.contracts.parcels import (
    ExceptionKind,
    Node,
    Parcel,
    ParcelExceptionCleared,
    ParcelExceptionRaised,
    Shipment,
    TrackPoint,
)
from shared.contracts.people import Channel, ContactKind, ContactPoint, Customer
from shared.contracts.personal import Personal

NOON = datetime(2026, 11, 11, 4, 0, tzinfo=UTC)
"""12:00 in Shanghai."""
HUB = "杭州转运中心"


@cache
def rules() -> Rules:
    return rule_files.load()


@cache
def incident_rules() -> IncidentRules:
    departments = playbook_file.load(rule_files.DIRECTORY / "playbook").departments
    return rule_file.load(rule_files.DIRECTORY, rules().roster.groups, departments)


def incident(
    kind: ExceptionKind = ExceptionKind.DELAY, site: str | None = HUB, at: datetime = NOON, n: int | str = 1, **of: Any
) -> Incident:
    """An incident that the detector opened at `at`, of all carriers at a hub."""
    cause = of.pop("cause", None) or Cause(scope=Scope.SITE, kind=kind, site=site)
    opening = Opening(
        incident_id=derived_id(str(n), "incident"),
        cause=cause,
        origin="detector",
        by="detector",
        since=at - timedelta(hours=1),
        delay_hours=24,
    )
    return opened_incident(opening, incident_rules(), at).incident


def after(**span: float) -> datetime:
    return NOON + timedelta(**span)


def customer(name: str = "ann", phone: str | None = None, email: str | None = None, **more: Any) -> Customer:
    contacts = []
    if phone:
        contacts.append(ContactPoint(kind=ContactKind.PHONE, value=Personal(phone)))
    if email:
        contacts.append(ContactPoint(kind=ContactKind.EMAIL, value=Personal(email)))
    return Customer(customer_id=name, contacts=tuple(contacts), **more)


def contact(text: str = "你好", n: int | str = 1, who: Customer | None = None, **more: Any) -> Interaction:
    """Contact number `n` of a customer, at NOON unless `at` says otherwise."""
    at = more.pop("at", NOON)
    fields: dict[str, Any] = {
        "interaction_id": derived_id(str(n), "interaction"),
        "channel": Channel.WEB,
        "gateway": "web",
        "customer": who or customer(),
        "text": Personal(text),
        "occurred_at": at,
        "received_at": at,
    }
    return Interaction(**(fields | more))


def parcel(
    tracking: str = "SF100",
    consignee: Customer | None = None,
    merchant: str | None = None,
    place: str | None = None,
    carrier: str = "sf",
    promised_at: datetime | None = None,
) -> Parcel:
    """`place`: where its last scan was."""
    return Parcel(
        tracking_number=tracking,
        carrier=carrier,
        node=Node.HUB_IN,
        shipment=Shipment(consignee=consignee, merchant_id=merchant, promised_at=promised_at),
        track=() if place is None else (TrackPoint(node=Node.HUB_IN, at=NOON - timedelta(hours=2), place=place),),
    )


def raised(
    kind: ExceptionKind = ExceptionKind.DELAY, level: int = 2, n: int | str = 1, at: datetime = NOON, **of: Any
) -> ParcelExceptionRaised:
    return ParcelExceptionRaised(
        exception_id=derived_id(str(n), "exception"),
        kind=kind,
        level=level,
        since=at - timedelta(hours=49),
        detected_at=at,
        parcel=parcel(**of),
    )


def cleared(of: ParcelExceptionRaised, at: datetime = NOON) -> ParcelExceptionCleared:
    return ParcelExceptionCleared(exception_id=of.exception_id, kind=of.kind, cleared_at=at, parcel=of.parcel)


def decided(state: CaseState | None, event: Event, now: datetime = NOON) -> ChangeSet:
    """The decision, where there is one."""
    found = decide(state, event, rules(), now)
    assert found is not None, "nothing was decided"
    return found


def opened(text: str = "你好", now: datetime = NOON, **more: Any) -> CaseState:
    return decided(None, contact(text, **more), now).state


def names(found: ChangeSet) -> list[str]:
    """The types of the changes; of a clock its kind and what befell it."""
    return [f"{c.clock}:{c.change}" if c.type == "clock" else c.type for c in found.changes]


def clock_states(case: Case) -> dict[ClockKind, str]:
    return {clock.kind: clock.state.value for clock in case.clocks}


def picture(n: int | str = 1) -> PlatformMedia:
    """A file that contact `n` only names."""
    return PlatformMedia(ref=f"media:wechat/{n}", kind=MediaKind.IMAGE, media_id=Personal(f"m-{n}"))


def stored(n: int | str = 1) -> MediaStored:
    """That file, fetched."""
    file = Attachment(
        name=Personal("image.jpg"), content_type="image/jpeg", size=9, sha256=f"{n}" * 64, ref="object:" + f"{n}" * 64
    )
    return MediaStored(
        interaction_id=derived_id(str(n), "interaction"),
        ref=picture(n).ref,
        kind=MediaKind.IMAGE,
        attachment=file,
        stored_at=NOON,
    )


def missing(n: int | str = 1, fault: MediaFault = MediaFault.GONE) -> MediaFailed:
    return MediaFailed(
        interaction_id=derived_id(str(n), "interaction"),
        ref=picture(n).ref,
        kind=MediaKind.IMAGE,
        fault=fault,
        failed_at=NOON,
    )

"""Events as the other services write them, for the tests of the indicators."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.metrics.sources import SOURCES
from shared.contracts import cases, claims, incidents, notices, parcels
from shared.contracts.base import Contract
from shared.contracts.interactions import ClaimKind, EvidenceKind
from shared.contracts.people import Channel, ContactKind, ContactPoint, Customer
from shared.contracts.personal import Personal
from shared.contracts.surveys import SurveyAnswered, SurveyAsked, SurveyClosed
from shared.contracts.topics import TOPICS
from shared.messaging.message import Incoming
from tests.unit.metrics.order_events import order_life

START = datetime(2026, 11, 22, 8, 10, tzinfo=UTC)
CUSTOMER = Customer(
    customer_id="c1",
    name=Personal("王小明"),
    contacts=(ContactPoint(kind=ContactKind.PHONE, value=Personal("+8613800138000")),),
)
PARCEL = parcels.Parcel(
    tracking_number="SF1234567890",
    carrier="sf",
    node=parcels.Node.HUB_IN,
    track=tuple(
        parcels.TrackPoint(node=node, at=START - timedelta(hours=n), place="杭州", description="已到达")
        for n, node in enumerate(list(parcels.Node)[:6])
    ),
)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def case(version: int = 1, **given: Any) -> cases.Case:
    fields: dict[str, Any] = {
        "case_id": "case-1",
        "number": "PC7K2M9Q4D",
        "version": version,
        "customer": CUSTOMER,
        "channel": Channel.WEB,
        "origin": "contact",
        "status": cases.CaseStatus.QUEUED,
        "classification": cases.Classification(
            kind=cases.CaseKind.COMPLAINT, tags=("delay", "linehaul"), priority=2, confidence=0.9, rule="delay-1"
        ),
        "group": "east",
        "opened_at": START,
        "updated_at": START,
        "contacts": 1,
    }
    return cases.Case(**(fields | given))


def standing(
    status: cases.CaseStatus, group: str = "east", responded: datetime | None = None, due: datetime | None = None
) -> cases.Standing:
    return cases.Standing(status=status, group=group, first_response_at=responded, legal_due=due)


def case_changed(
    *changes: cases.Change, after: cases.Case, when: datetime = START, before: cases.Standing | None = None
) -> cases.CaseChanged:
    return cases.CaseChanged(changes=changes, case=after, at=when, before=before)


def contact(minutes: float = 0, channel: Channel = Channel.WEB) -> cases.ContactAdded:
    return cases.ContactAdded(
        interaction_id="i1", channel=channel, text=Personal("我的包裹呢"), occurred_at=at(minutes)
    )


def case_life() -> list[cases.CaseChanged]:
    """Opened, assigned to another group, answered, resolved, reopened, resolved, closed; one change-set each."""
    status = cases.CaseStatus
    answered = at(20)
    return [
        case_changed(
            cases.Opened(),
            contact(-1),
            cases.ClockChanged(clock=cases.ClockKind.FIRST_RESPONSE, change="started"),
            after=case(1),
        ),
        case_changed(
            cases.Assigned(agent="a1", group="claims"),
            after=case(2, status=status.ASSIGNED, group="claims"),
            when=at(5),
            before=standing(status.QUEUED, "east"),
        ),
        case_changed(
            cases.Replied(agent="a1", text=Personal("正在核实")),
            cases.ClockChanged(clock=cases.ClockKind.FIRST_RESPONSE, change="met"),
            after=case(3, status=status.WAITING_CUSTOMER, group="claims", first_response_at=answered),
            when=answered,
            before=standing(status.ASSIGNED, "claims"),
        ),
        case_changed(
            cases.Resolved(by="a1"),
            after=case(4, status=status.RESOLVED, group="claims", first_response_at=answered, resolved_at=at(100)),
            when=at(100),
            before=standing(status.WAITING_CUSTOMER, "claims", answered),
        ),
        case_changed(
            cases.Reopened(),
            contact(200, Channel.PHONE),
            after=case(5, status=status.ASSIGNED, group="claims", first_response_at=answered, contacts=2, reopened=1),
            when=at(200),
            before=standing(status.RESOLVED, "claims", answered),
        ),
        case_changed(
            cases.Resolved(by="a1"),
            cases.Closed(by="a1"),
            after=case(
                6,
                status=status.CLOSED,
                group="claims",
                first_response_at=answered,
                resolved_at=at(300),
                contacts=2,
                reopened=1,
            ),
            when=at(300),
            before=standing(status.ASSIGNED, "claims", answered),
        ),
    ]


def claim(version: int = 1, **given: Any) -> claims.Claim:
    fields: dict[str, Any] = {
        "claim_id": "claim-1",
        "number": "CL7K2M9Q4D",
        "version": version,
        "case_id": "case-1",
        "case_number": "PC7K2M9Q4D",
        "customer": CUSTOMER,
        "kind": ClaimKind.LOSS,
        "state": claims.ClaimState.AWAITING_EVIDENCE,
        "claimed_fen": 20_000,
        "opened_at": START,
        "updated_at": START,
    }
    return claims.Claim(**(fields | given))


LIABILITY = claims.Liability(
    party=claims.LiableParty.CARRIER, carrier_percent=100, clear=True, reason_zh="在途丢失", reason_en="lost", rule="l1"
)


def claim_life(amount_fen: int = 12_345) -> list[claims.ClaimChanged]:
    """Opened with evidence asked for, decided on the fast track and paid."""
    award = claims.Award(amount_fen=amount_fen, steps=(), rule="a1", rule_set="2026-11-01#1")
    payout = claims.Payout(decision_id="d1", amount_fen=amount_fen, status="succeeded")
    decided: dict[str, Any] = {"liability": LIABILITY, "award": award, "fast_track": True, "decided_at": at(60)}
    state = claims.ClaimState
    return [
        claims.ClaimChanged(
            changes=(
                claims.ClaimOpened(),
                claims.EvidenceRequested(missing=(EvidenceKind.PROOF_OF_VALUE, EvidenceKind.WAYBILL)),
            ),
            claim=claim(1),
            at=START,
        ),
        claims.ClaimChanged(
            changes=(claims.LiabilityDetermined(), claims.Decided(by="rules"), claims.PayoutRequestedChange()),
            claim=claim(2, state=state.PARTLY_APPROVED, **decided),
            at=at(60),
            before=state.AWAITING_EVIDENCE,
        ),
        claims.ClaimChanged(
            changes=(claims.Paid(),),
            claim=claim(3, state=state.PAID, payout=payout, **decided),
            at=at(61),
            before=state.PARTLY_APPROVED,
        ),
    ]


def notice_sent(minutes: float = 0) -> notices.NoticeSent:
    return notices.NoticeSent(
        notice_id="n1",
        kind=notices.NoticeKind.RECEIVED,
        case_id="case-1",
        customer_id="c1",
        channel="email",
        caused_at=at(minutes),
        sent_at=at(minutes) + timedelta(seconds=3),
    )


def notice_failed() -> notices.NoticeFailed:
    return notices.NoticeFailed(
        notice_id="n2",
        kind=notices.NoticeKind.PAID,
        case_id="case-1",
        customer_id="c1",
        channel="webhook",
        reason="410",
        failed_at=START,
    )


def exception_raised(carrier: str = "sf") -> parcels.ParcelExceptionRaised:
    return parcels.ParcelExceptionRaised(
        exception_id="e1",
        kind=parcels.ExceptionKind.DELAY,
        level=2,
        since=at(-3000),
        detected_at=START,
        parcel=PARCEL.model_copy(update={"carrier": carrier}),
    )


def exception_cleared() -> parcels.ParcelExceptionCleared:
    moved = PARCEL.model_copy(update={"node": parcels.Node.SIGNED})
    return parcels.ParcelExceptionCleared(
        exception_id="e1", kind=parcels.ExceptionKind.DELAY, cleared_at=at(120), parcel=moved
    )


def incident_life() -> list[Contract]:
    """An incident with one parcel, from its opening to its end."""
    cause = incidents.Cause(scope=incidents.Scope.SITE, kind=parcels.ExceptionKind.DELAY, site="杭州转运中心")
    clock = cases.Clock(
        kind=cases.ClockKind.FIRST_RESPONSE,
        state=cases.ClockState.RUNNING,
        started_at=START,
        warn_at=at(21),
        due_at=at(30),
        rule="r",
    )
    opened = incidents.Incident(
        incident_id="i1",
        number="IN1",
        version=1,
        cause=cause,
        origin="detector",
        status=incidents.IncidentStatus.OPEN,
        opened_by="detector",
        opened_at=START,
        since=at(-60),
        updated_at=START,
        delay_hours=24,
        clock=clock,
        task_force=(incidents.Member(kind=incidents.MemberKind.GROUP, name="tracing"),),
    )
    answered = opened.model_copy(update={"version": 2, "acknowledged_at": at(12)})
    closed = answered.model_copy(update={"version": 3, "status": incidents.IncidentStatus.CLOSED})
    about = {"incident_id": "i1", "incident_number": "IN1", "cause": cause, "tracking_number": "SF1234567890"}
    of = {"case_id": "case-1", "case_number": "PC7K2M9Q4D", "reserved": True, "customer": CUSTOMER, "tell": True}
    of |= {"owner_id": "c1", "owner_version": 1}
    return [
        incidents.IncidentChanged(changes=(incidents.IncidentOpened(by="detector"),), incident=opened, at=START),
        incidents.IncidentParcel.model_validate({**about, **of, "move": "affected", "at": at(1)}),
        incidents.IncidentChanged(changes=(incidents.IncidentAcknowledged(by="a"),), incident=answered, at=at(12)),
        incidents.IncidentParcel.model_validate({**about, **of, "move": "estimated", "at": at(40)}),
        incidents.IncidentParcel.model_validate({**about, **of, "move": "over", "reason": "moved_on", "at": at(90)}),
        incidents.IncidentChanged(changes=(incidents.IncidentClosed(by="a"),), incident=closed, at=at(100)),
    ]


TYPES = {model: name for topic in TOPICS for name, model in topic.types.items()}
READINGS = {name: model for topic in SOURCES for name, model in topic.types.items()}


def incoming(event: Contract, event_id: str = "e", key: str = "k") -> Incoming[Any]:
    """As the loop hands it over: written as the whole contract, read as this service reads it."""
    name = TYPES[type(event)]
    reading = READINGS.get(name, type(event))
    return Incoming(
        id=event_id,
        type=name,
        event=reading.model_validate_json(event.model_dump_json(exclude_none=True)),
        key=key,
        time=START,
        topic="t",
        partition=0,
        offset=0,
        timestamp_ms=0,
    )


def batch(events: Sequence[Contract]) -> list[Incoming[Any]]:
    return [incoming(event, f"e{n}") for n, event in enumerate(events)]


def answered_again() -> cases.CaseChanged:
    """A further message of a case, answered after four minutes."""
    clock = cases.Clock(
        kind=cases.ClockKind.NEXT_RESPONSE,
        state=cases.ClockState.MET,
        started_at=at(30),
        warn_at=at(31),
        due_at=at(32),
        breached_at=at(32),
        met_at=at(34),
        rule="r",
    )
    met = cases.ClockChanged(clock=clock.kind, change="met")
    before = standing(cases.CaseStatus.ASSIGNED, "claims")
    after = case(4, status=cases.CaseStatus.ASSIGNED, group="claims", clocks=(clock,))
    return case_changed(met, after=after, when=at(34), before=before)


def everything() -> list[Contract]:
    of_parcels = [exception_raised(), exception_cleared(), *incident_life()]
    return [
        *case_life(),
        *claim_life(),
        notice_sent(),
        notice_failed(),
        *of_parcels,
        handed_over(),
        *surveys(),
        answered_again(),
        *order_life(START),
    ]


SERVICE = cases.SelfService(answer="where_is", group="tracing")


def self_served() -> list[cases.CaseChanged]:
    """A question, answered without a person."""
    done = case(2, status=cases.CaseStatus.RESOLVED, answered_by="self_service", self_service=SERVICE)
    changes = (cases.Replied(agent="self_service", text=Personal("派件")), cases.Resolved(by="self_service"))
    return [case_changed(*changes, after=done, when=at(1), before=standing(cases.CaseStatus.QUEUED))]


def came_back() -> cases.CaseChanged:
    """Its customer, who wants a person."""
    before = cases.Standing(status=cases.CaseStatus.RESOLVED, group="self_service", answered_by="self_service")
    changes = (cases.HandedOver(reason="again"), cases.Reopened())
    return case_changed(*changes, after=case(3, reopened=1, self_service=SERVICE), when=at(9), before=before)


def handed_over() -> cases.CaseChanged:
    """A question whose parcel nobody knows."""
    before = standing(cases.CaseStatus.QUEUED)
    return case_changed(cases.HandedOver(reason="no_facts"), after=case(2, self_service=SERVICE), before=before)


def surveys() -> list[cases.CaseChanged]:
    """Asked, answered, and one that nobody answered."""
    before = standing(cases.CaseStatus.RESOLVED)
    changes = (SurveyAsked(), SurveyAnswered(score=4), SurveyClosed())
    after = case(2, status=cases.CaseStatus.RESOLVED)
    return [case_changed(change, after=after, before=before) for change in changes]

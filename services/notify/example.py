"""One example case, from its first mail to its payment: what preview, load check and the pages' pictures show."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from services.notify.changes import Event
from shared.contracts import cases, claims
from shared.contracts.base import Language
from shared.contracts.incidents import Cause, IncidentParcel, Scope
from shared.contracts.interactions import Attachment, ClaimKind, EvidenceKind
from shared.contracts.notices import NoticeKind
from shared.contracts.parcels import ExceptionKind, Node, Parcel, Shipment, TrackPoint
from shared.contracts.people import Channel, ContactKind, ContactPoint, Customer
from shared.contracts.personal import Personal

START = datetime(2026, 11, 20, 1, 12, tzinfo=UTC)
CASE_ID = "8d5f6c1e-31a5-5d0a-9f0e-6c8c4f5f7a01"
CLAIM_ID = "b1a3c6de-0b8e-5c53-8a64-2f6f2c1f9d10"
_TEXT = {
    "zh": {
        "name": "周晓敏",
        "places": ("杭州滨江网点", "杭州转运中心", "杭州转运中心", "武汉转运中心", "武汉洪山网点"),
        "goods": "陶瓷咖啡机",
        "origin": "浙江杭州",
        "destination": "湖北武汉",
        "reply": "我们已联系武汉洪山网点调取了到件时的照片，外箱一角已压损。\n"
        "请把内部破损处拍一张给我们，我们会直接为您办理理赔。",
        "summary": "核实为运输途中压损，已按保价条款赔付 ¥1,299.00。",
    },
    "en": {
        "name": "Emma Clark",
        "places": ("Hangzhou Binjiang outlet", "Hangzhou hub", "Hangzhou hub", "Wuhan hub", "Wuhan Hongshan outlet"),
        "goods": "ceramic coffee maker",
        "origin": "Hangzhou",
        "destination": "Wuhan",
        "reply": "We asked the Wuhan Hongshan outlet for its arrival photos: one corner of the box is crushed.\n"
        "Please send us a photo of the damage inside and we will settle the claim for you.",
        "summary": "Crushed in transit; ¥1,299.00 was paid under the insurance terms.",
    },
}
_NODES = (Node.PICKED_UP, Node.HUB_IN, Node.LINEHAUL_OUT, Node.LINEHAUL_IN, Node.DESTINATION_IN)
Way = Literal["email", "webhook", "phone"]


def story(language: Language, way: Way = "email", start: datetime = START) -> Iterator[Event]:
    """The example's change-sets in order."""
    for change_set in (_opened, _assigned, _replied, _waiting):
        yield change_set(language, way, start)
    yield _claim(language, way, start, 2, 5.0, claims.ClaimOpened(), _missing())
    yield _claim(language, way, start, 3, 7.5, claims.EvidenceReceived(kinds=(EvidenceKind.DAMAGE_PHOTO,)))
    yield _resumed(language, way, start)
    yield _claim(language, way, start, 4, 8.0, claims.LiabilityDetermined(), claims.Decided(by="rules"))
    yield _claim(language, way, start, 5, 8.2, claims.Paid())
    yield _closed(language, way, start)


def event_of(kind: NoticeKind, language: Language, way: Way = "email", start: datetime = START) -> Event:
    """The change-set of the story that makes a notice of `kind`."""
    if kind is NoticeKind.DETAILS_NEEDED:
        return _details(language, way, start)
    if kind is NoticeKind.INCIDENT:
        return _incident(language, way, start)
    place = {
        NoticeKind.RECEIVED: 0,
        NoticeKind.STAGE: 1,
        NoticeKind.REPLY: 2,
        NoticeKind.EVIDENCE_NEEDED: 4,
        NoticeKind.DECIDED: 7,
        NoticeKind.PAID: 8,
        NoticeKind.CLOSED: 9,
    }[kind]
    return list(story(language, way, start))[place]


def customer(language: Language, way: Way = "email") -> Customer:
    contacts = {
        "email": ContactPoint(kind=ContactKind.EMAIL, value=Personal("zhou.xm@example.cn")),
        "webhook": ContactPoint(kind=ContactKind.WEBHOOK, value=Personal("merchant")),
        "phone": ContactPoint(kind=ContactKind.PHONE, value=Personal("+8613812345678")),
    }
    phone = contacts["phone"]
    points = (phone,) if way == "phone" else (phone, contacts[way])
    name = Personal(_TEXT[language]["name"])  # type: ignore[arg-type]
    return Customer(customer_id="5f1c9a", name=name, contacts=points, language=language)


def parcel(language: Language, start: datetime = START) -> Parcel:
    text = _TEXT[language]
    begin = start - timedelta(days=3)
    track = tuple(
        TrackPoint(node=node, at=begin + timedelta(hours=9 * place), place=where)
        for place, (node, where) in enumerate(zip(_NODES, text["places"], strict=True))
    )
    ordered = TrackPoint(node=Node.ORDERED, at=begin - timedelta(hours=5))
    shipment = Shipment(
        product="standard",
        goods=str(text["goods"]),
        freight_fen=1800,
        insured_fen=129900,
        origin=str(text["origin"]),
        destination=str(text["destination"]),
    )
    return Parcel(
        tracking_number="YT8812340091276",
        carrier="yto",
        node=Node.DESTINATION_IN,
        shipment=shipment,
        track=(ordered, *track),
    )


def _clock(kind: cases.ClockKind, state: cases.ClockState, start: datetime, due_h: float) -> cases.Clock:
    due = start + timedelta(hours=due_h)
    return cases.Clock(
        kind=kind, state=state, started_at=start, warn_at=due - timedelta(hours=0.5), due_at=due, rule="complaint"
    )


def _case(language: Language, way: Way, start: datetime, version: int, hours: float, **fields: Any) -> cases.Case:
    resolution = fields.pop("resolution", cases.ClockState.RUNNING)
    first = cases.ClockState.MET if version > 2 else cases.ClockState.RUNNING
    base: dict[str, Any] = {
        "case_id": CASE_ID,
        "number": "PC7K2M9Q4D",
        "version": version,
        "customer": customer(language, way),
        "channel": Channel.EMAIL,
        "origin": "contact",
        "status": cases.CaseStatus.ASSIGNED,
        "classification": cases.Classification(
            kind=cases.CaseKind.COMPLAINT, tags=("damage",), priority=2, confidence=0.94, rule="damage"
        ),
        "group": "claims",
        "tracking_numbers": ("YT8812340091276",),
        "opened_at": start,
        "updated_at": start + timedelta(hours=hours),
        "first_response_at": start + timedelta(hours=1.2) if version > 2 else None,
        "contacts": 1,
        "parcel": parcel(language, start),
        "mail_thread": "<20261120.0912.4f1b@mail.example.cn>",
        "clocks": (
            _clock(cases.ClockKind.FIRST_RESPONSE, first, start, 2),
            _clock(cases.ClockKind.RESOLUTION, resolution, start, 24),
            _clock(cases.ClockKind.LEGAL_ANSWER, cases.ClockState.RUNNING, start, 7 * 24),
        ),
    }
    return cases.Case(**(base | fields))


def _changed(case: cases.Case, *changes: cases.Change) -> cases.CaseChanged:
    return cases.CaseChanged(changes=changes, case=case, at=case.updated_at)


def _opened(language: Language, way: Way, start: datetime) -> Event:
    case = _case(language, way, start, 1, 0, status=cases.CaseStatus.QUEUED, parcel=None)
    return _changed(case, cases.Opened(interaction_id="i1"), cases.Classified())


def _details(language: Language, way: Way, start: datetime) -> Event:
    missing = (cases.CaseField.GOODS_TYPE, cases.CaseField.WISHED_SOLUTION)
    case = _case(language, way, start, 2, 24, missing_fields=missing, fields_asked=2)
    return _changed(case, cases.FieldsRequested(missing=missing))


def _incident(language: Language, way: Way, start: datetime) -> Event:
    return IncidentParcel(
        incident_id="5e2d1f8a-77c4-5b0e-8d53-0a9f3c6b1e42",
        incident_number="IN5WPHZ2KQ",
        cause=Cause(scope=Scope.SITE, kind=ExceptionKind.DELAY, site=str(_TEXT[language]["places"][1])),
        move="affected",
        tracking_number="YT8812340091276",
        case_id=CASE_ID,
        case_number="PC7K2M9Q4D",
        reserved=False,
        owner_id="5f1c9a",
        owner_version=1,
        customer=customer(language, way),
        tell=True,
        expected_at=start + timedelta(hours=48),
        at=start + timedelta(hours=2),
    )


def _assigned(language: Language, way: Way, start: datetime) -> Event:
    return _changed(_case(language, way, start, 2, 0.1), cases.Assigned(agent="a17", group="claims"))


def _replied(language: Language, way: Way, start: datetime) -> Event:
    reply = cases.Replied(agent="a17", text=Personal(str(_TEXT[language]["reply"])))
    return _changed(_case(language, way, start, 3, 1.2), reply)


def _waiting(language: Language, way: Way, start: datetime) -> Event:
    waiting = {"status": cases.CaseStatus.WAITING_CUSTOMER, "resolution": cases.ClockState.PAUSED}
    paused = cases.ClockChanged(clock=cases.ClockKind.RESOLUTION, change="paused")
    return _changed(_case(language, way, start, 4, 1.3, **waiting), paused)


def _resumed(language: Language, way: Way, start: datetime) -> Event:
    resumed = cases.ClockChanged(clock=cases.ClockKind.RESOLUTION, change="resumed")
    added = cases.ContactAdded(
        interaction_id="i2", channel=Channel.EMAIL, text=Personal("…"), occurred_at=start + timedelta(hours=7.5)
    )
    return _changed(_case(language, way, start, 5, 7.5), added, resumed)


def _closed(language: Language, way: Way, start: datetime) -> Event:
    closed = {
        "status": cases.CaseStatus.CLOSED,
        "summary": Personal(str(_TEXT[language]["summary"])),
        "resolution": cases.ClockState.MET,
        "closed_at": start + timedelta(hours=30),
    }
    return _changed(_case(language, way, start, 6, 30, **closed), cases.Closed(by="a17"))


def _missing() -> claims.EvidenceRequested:
    return claims.EvidenceRequested(missing=(EvidenceKind.DAMAGE_PHOTO, EvidenceKind.PROOF_OF_VALUE))


def _claim(
    language: Language, way: Way, start: datetime, version: int, hours: float, *changes: claims.ClaimChange
) -> Event:
    states = claims.ClaimState
    state = {2: states.AWAITING_EVIDENCE, 3: states.IN_REVIEW, 4: states.APPROVED, 5: states.PAID}[version]
    at = start + timedelta(hours=hours)
    claim = claims.Claim(
        claim_id=CLAIM_ID,
        number="CL3F8T2W6N",
        version=version,
        case_id=CASE_ID,
        case_number="PC7K2M9Q4D",
        customer=customer(language, way),
        kind=ClaimKind.DAMAGE,
        state=state,
        tracking_number="YT8812340091276",
        claimed_fen=129900,
        evidence_required=(EvidenceKind.DAMAGE_PHOTO, EvidenceKind.PROOF_OF_VALUE, EvidenceKind.WAYBILL),
        evidence=_evidence(version),
        payee=Personal("6222020200112233"),
        opened_at=start + timedelta(hours=5),
        updated_at=at,
        fast_track=True,
        **(_decision(version, at) if version > 3 else {}),
    )
    return claims.ClaimChanged(changes=changes, claim=claim, at=at)


def _evidence(version: int) -> tuple[Attachment, ...]:
    kinds = [EvidenceKind.WAYBILL] + [EvidenceKind.DAMAGE_PHOTO, EvidenceKind.PROOF_OF_VALUE] * (version > 2)
    return tuple(
        Attachment(
            name=Personal(f"{kind}.jpg"), content_type="image/jpeg", size=1, sha256="0" * 64, ref=f"raw:i2#{place}",
            evidence=kind,
        )
        for place, kind in enumerate(kinds)
    )  # fmt: skip


def _decision(version: int, at: datetime) -> dict[str, Any]:
    carriage = claims.Law(
        ref="民法典 第八百三十二条",
        zh="承运人对运输过程中货物的毁损、灭失承担赔偿责任",
        en="The carrier is liable for damage to or loss of the goods in carriage",
    )
    express = claims.Law(
        ref="快递暂行条例 第二十七条",
        zh="保价的快件，按照约定的保价规则确定赔偿责任",
        en="For insured parcels the agreed insurance terms settle the compensation",
    )
    steps = (
        claims.Step(zh="核定实际损失", en="Loss as proven", amount_fen=129900),
        claims.Step(zh="保价额（上限）", en="Insured value (ceiling)", amount_fen=129900),
        claims.Step(zh="全损按保价额赔付", en="Total loss: the insured value", amount_fen=129900),
    )
    payout = claims.Payout(
        decision_id="d1", amount_fen=129900, status="succeeded" if version > 4 else "requested",
        provider_ref="20261120-7781" if version > 4 else None,
    )  # fmt: skip
    return {
        "liability": claims.Liability(
            party=claims.LiableParty.CARRIER,
            carrier_percent=100,
            clear=True,
            reason_zh="到件照片显示外箱压损，损坏发生在运输途中，由承运方承担全部责任。",
            reason_en="The arrival photos show a crushed box: the damage happened in carriage, the carrier is liable.",
            rule="damage-in-custody",
            law=(carriage,),
        ),
        "award": claims.Award(
            amount_fen=129900, steps=steps, rule="insured-total", rule_set="2026-11-01#3f9a", law=(express,)
        ),
        "decided_by": "rules",
        "decided_at": at,
        "payout": payout,
        "paid_at": at if version > 4 else None,
    }

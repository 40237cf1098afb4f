"""The day in figures, from what was seen outside: contacts, cases, times against targets, claims, notices, letters."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from statistics import median
from typing import Any

from demo.invariants import Verdict
from demo.ledger import Ledger
from demo.seen.incidents import SeenIncident
from demo.seen.observations import Json, Observations
from demo.sending import Purpose

FIELD_AND_TYPE = re.compile(r"[\w.]+: (\w+)(?:;|$)")


@dataclass(frozen=True, slots=True)
class ClockFigures:
    """A kind of time limit: how many were kept, how many missed; median in business minutes."""

    kept: int
    missed: int
    median_minutes: float | None


@dataclass(frozen=True, slots=True)
class IncidentFigures:
    """An incident; times in ISO 8601, `answered_minutes` to the task force's answer.

    `had_case`: parcels with a case before it; `opened_later`: reserved cases that were opened by a contact, by
    another exception, or at the end; `kept_unopened`: the rest; `told`, `told_over`: customers at each end.
    """

    where: str
    kind: str
    opened_at: str
    answered_minutes: float | None
    closed_at: str | None
    parcels: int
    had_case: int
    opened_later: int
    kept_unopened: int
    still_under: int
    told: int
    told_over: int


@dataclass(frozen=True)
class Summary:
    """Money in fen."""

    contacts: Mapping[str, int]
    languages: Mapping[str, int]
    intents: Mapping[str, int]
    customers: int
    scans: int
    parcels: int
    cases: Mapping[str, int]
    case_states: Mapping[str, int]
    exceptions: Mapping[str, int]
    before_call: int
    called_later: int
    clocks: Mapping[str, ClockFigures]
    first_response_minutes: Mapping[str, float]
    breaches: Mapping[str, int]
    escalations: int
    self_service: Mapping[str, int]
    handed_over: Mapping[str, int]
    surveys: Mapping[str, int]
    key_accounts: int
    incidents: Mapping[str, IncidentFigures]
    claims: Mapping[str, int]
    claim_states: Mapping[str, int]
    fast_track: int
    fast_track_fen: int
    decided: int
    paid: int
    paid_fen: int
    largest_fen: int
    notices: Mapping[str, int]
    notices_sent: int
    dead_letters: Mapping[str, int]
    garbage: int
    garbage_refused: int
    forged: int
    retries: int
    repeated: int

    def as_json(self) -> dict[str, Any]:
        """`asdict` takes a Counter apart: plain dictionaries only."""
        return {
            name: {
                key: asdict(item) if isinstance(item, ClockFigures | IncidentFigures) else item
                for key, item in value.items()
            }
            if isinstance(value, Mapping)
            else value
            for name, value in ((field.name, getattr(self, field.name)) for field in fields(self))
        }


def summary(ledger: Ledger, seen: Observations) -> Summary:
    contacts = [accepted.sending.contact for accepted in ledger.contacts.values() if accepted.sending.contact]
    cases, claims = list(seen.cases.values()), list(seen.claims.values())
    paid = [p for p in seen.payouts.values() if p["status"] == "succeeded"]
    fast = {c["claim_id"] for c in claims if c.get("fast_track")}
    offences = Counter((o.sending.purpose, o.refused) for o in ledger.offences)
    return Summary(
        contacts=Counter(contact.channel for contact in contacts),
        languages=Counter(contact.person.language for contact in contacts),
        intents=Counter(contact.intent.value for contact in contacts),
        customers=len({contact.person.number for contact in contacts}),
        scans=len(ledger.scans),
        parcels=len({number for number, _ in ledger.scans}),
        cases=Counter(case["kind"] for case in cases),
        case_states=Counter(case["status"] for case in cases),
        exceptions=Counter(case.get("exception_kind", "other") for case in cases if case["origin"] != "contact"),
        before_call=len(seen.before_call),
        called_later=called_later(ledger, [case for case in cases if case["origin"] != "contact"]),
        clocks={
            kind: figures(kind, cases) for kind in ("first_response", "next_response", "resolution", "legal_answer")
        },
        first_response_minutes=first_responses(cases),
        breaches=dict(seen.breaches),
        escalations=seen.escalations,
        self_service=Counter(case["self_service"]["answer"] for case in cases if case.get("answered_by")),
        handed_over=dict(seen.handed_over),
        surveys=surveys(cases),
        key_accounts=sum(case.get("tier_by") == "volume" for case in cases),
        incidents={
            one.incident["number"]: incident_figures(one, seen.cases)
            for one in sorted(seen.incidents.values(), key=lambda one: str(one.incident.get("opened_at")))
            if one.incident
        },
        claims=Counter(claim["kind"] for claim in claims),
        claim_states=Counter(claim["state"] for claim in claims),
        fast_track=len(fast),
        fast_track_fen=sum(p["amount_fen"] for p in paid if p["claim_id"] in fast),
        decided=sum(claim.get("decided_at") is not None for claim in claims),
        paid=len(paid),
        paid_fen=sum(p["amount_fen"] for p in paid),
        largest_fen=max((p["amount_fen"] for p in paid), default=0),
        notices=Counter(notice.kind for notice in seen.notices.values()),
        notices_sent=len(seen.sent),
        dead_letters=Counter(shortened(letter.reason) for letter in seen.dead_letters.values()),
        garbage=offences[Purpose.GARBAGE, True] + offences[Purpose.GARBAGE, False],
        garbage_refused=offences[Purpose.GARBAGE, True],
        forged=offences[Purpose.FORGED, True] + offences[Purpose.FORGED, False],
        retries=ledger.counts["retries"],
        repeated=ledger.counts["repeated"],
    )


def incident_figures(one: SeenIncident, cases: Mapping[str, Json]) -> IncidentFigures:
    incident = one.incident
    cause = incident["cause"]
    answered, opened = incident.get("acknowledged_at"), incident["opened_at"]
    later = one.reserved & cases.keys()
    return IncidentFigures(
        where=cause.get("site") or cause.get("region") or cause.get("carrier") or "全网 everywhere",
        kind=cause["kind"],
        opened_at=opened,
        answered_minutes=round(minutes(opened, answered), 1) if answered else None,
        closed_at=incident.get("closed_at"),
        parcels=len(one.cases),
        had_case=len(one.cases) - len(one.reserved),
        opened_later=len(later),
        kept_unopened=len(one.reserved) - len(later),
        still_under=len(one.cases.keys() - one.over),
        told=one.notices("affected"),
        told_over=one.notices("over"),
    )


def surveys(cases: Sequence[Json]) -> dict[str, int]:
    """How many were asked, and by their score who answered."""
    asked = [case["survey"] for case in cases if case.get("survey")]
    scores = Counter(str(survey["score"]) for survey in asked if survey.get("score"))
    return {"asked": len(asked), **{score: scores[score] for score in sorted(scores)}} if asked else {}


def called_later(ledger: Ledger, cases: Sequence[Json]) -> int:
    """Of the cases that the system opened by itself: about how many the customer contacted us afterwards."""
    last: dict[str, datetime] = {}
    for accepted in ledger.contacts.values():
        if accepted.sending.contact and (journey := accepted.sending.contact.journey):
            before = last.get(journey.tracking_number, accepted.sending.at)
            last[journey.tracking_number] = max(before, accepted.sending.at)
    return sum(
        any(number in last and last[number] > datetime.fromisoformat(case["opened_at"]) for number in numbers)
        for case in cases
        if (numbers := case.get("tracking_numbers"))
    )


def figures(kind: str, cases: Iterable[Json]) -> ClockFigures:
    clocks = [clock for case in cases for clock in case.get("clocks", ()) if clock["kind"] == kind]
    missed = sum(clock.get("breached_at") is not None for clock in clocks)
    kept = sum(clock.get("breached_at") is None and clock["state"] == "met" for clock in clocks)
    took = [minutes(clock["started_at"], clock["met_at"]) for clock in clocks if clock.get("met_at")]
    return ClockFigures(kept, missed, round(median(took), 1) if took else None)


def first_responses(cases: Sequence[Json]) -> dict[str, float]:
    """Channel → median business minutes until somebody answered, by the clock of the first response."""
    took: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        for clock in case.get("clocks", ()):
            if clock["kind"] == "first_response" and clock.get("met_at"):
                took[case["channel"]].append(minutes(clock["started_at"], clock["met_at"]))
    return {channel: round(median(values), 1) for channel, values in sorted(took.items())}


def minutes(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 60


def shortened(reason: str) -> str:
    """The kind of fault without the field's name: "value: json_invalid" is json_invalid."""
    field_and_type = FIELD_AND_TYPE.match(reason)
    if field_and_type:
        return field_and_type[1]
    return reason.split(":")[0].split(" is none of ")[0][:40].strip() or "—"


def invariants_json(verdict: Verdict) -> dict[str, Any]:
    return {**asdict(verdict), "holds": verdict.holds, "broken": {g: verdict.broken(g) for g in GROUPS}}


GROUPS = ("lost", "doubled", "money", "garbage")

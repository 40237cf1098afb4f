"""Everything that the topics said, kept as plain facts; a record that comes twice is told once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from demo.gateways.answer import Place
from demo.seen.happenings import Happening, happenings_of_case, happenings_of_claim
from demo.seen.incidents import SeenIncident, happenings_of_incident
from demo.sending import ScanKey, print_of

Json = Mapping[str, Any]
TOPICS = (
    "interactions.v1",
    "parcel-events.v1",
    "cases.v1",
    "incidents.v1",
    "claims.v1",
    "payment-requests.v1",
    "notice-requests.v1",
    "notices.v1",
    "dead-letters.v1",
)
TYPES_READ = {"parcel-events.v1": "parcelcare.parcel.scanned", "interactions.v1": "parcelcare.interaction.received"}


@dataclass(frozen=True, slots=True)
class SeenNotice:
    """A notice that was ordered; `said` is what makes two orders the same in effect."""

    notice_id: str
    channel: str
    kind: str
    said: tuple[str, str, str, str]
    seen_at: float


@dataclass(frozen=True, slots=True)
class SeenInteraction:
    interaction_id: str
    channel: str
    print: str
    message_id: str | None
    seen_at: float


@dataclass(frozen=True, slots=True)
class Order:
    """A payment order of a decision; `reference` is what the provider's statement shows."""

    decision_id: str
    claim_id: str
    reference: str
    amount_fen: int
    seen_at: float


@dataclass(frozen=True, slots=True)
class DeadLetter:
    reason: str
    group: str


@dataclass
class Observations:
    """`seen_at` are monotonic seconds of our own clock: what is very new may still be on its way.

    `bells`: of agents, rung where a case is given to one, or its customer writes again.
    """

    prefix: str = ""
    interactions: dict[str, SeenInteraction] = field(default_factory=dict)
    scans: set[ScanKey] = field(default_factory=set)
    cases: dict[str, Json] = field(default_factory=dict)
    cases_of_interaction: dict[str, set[str]] = field(default_factory=dict)
    cases_of_exception: dict[str, set[str]] = field(default_factory=dict)
    before_call: set[str] = field(default_factory=set)
    incidents: dict[str, SeenIncident] = field(default_factory=dict)
    escalations: int = 0
    breaches: dict[str, int] = field(default_factory=dict)
    handed_over: dict[str, int] = field(default_factory=dict)
    claims: dict[str, Json] = field(default_factory=dict)
    payouts: dict[str, Json] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    notices: dict[str, SeenNotice] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    dead_letters: dict[tuple[Place, str], DeadLetter] = field(default_factory=dict)
    happenings: list[Happening] = field(default_factory=list)
    records: int = 0
    unreadable: int = 0
    bells: dict[str, Callable[[], None]] = field(default_factory=dict)
    _known: set[tuple[str, str]] = field(default_factory=set)

    def add(self, topic: str, headers: Mapping[str, bytes], value: bytes | None, now: float) -> None:
        """One record of a topic (its name without prefix)."""
        self.records += 1
        event_id = headers.get("ce_id", b"").decode()
        if (topic, event_id) in self._known:
            return
        self._known.add((topic, event_id))
        if topic == "dead-letters.v1":
            self._dead_letter(headers, value)
            return
        # A topic may carry other news, too: questions about a parcel, media that have come.
        if topic in TYPES_READ and headers.get("ce_type", b"").decode() != TYPES_READ[topic]:
            return
        try:
            READERS[topic](self, orjson.loads(value or b""), now)
        except (orjson.JSONDecodeError, KeyError, ValueError, TypeError):
            self.unreadable += 1

    def _interaction(self, event: Json, now: float) -> None:
        at = datetime.fromisoformat(event["occurred_at"])
        found = SeenInteraction(
            event["interaction_id"], event["channel"], print_of(at, event["text"]), event.get("message_id"), now
        )
        self.interactions[found.interaction_id] = found

    def _scan(self, event: Json, now: float) -> None:
        self.scans.add((event["tracking_number"], datetime.fromisoformat(event["occurred_at"])))

    def _case(self, event: Json, now: float) -> None:
        case = event["case"]
        case_id = case["case_id"]
        for change in event["changes"]:
            self._change(case, change)
        if case.get("exception_id") and any(change["type"] == "opened" for change in event["changes"]):
            self.cases_of_exception.setdefault(case["exception_id"], set()).add(case_id)
            if case["origin"] == "parcel_exception":
                self.before_call.add(case_id)
        before = self.cases.get(case_id, {"version": 0})
        if case["version"] >= before["version"]:
            self.cases[case_id] = after = brief_case(case)
            self._ring(before, after)
        self.happenings += happenings_of_case(event)

    def _ring(self, before: Json, after: Json) -> None:
        work = ("agent", "contacts")
        bell = self.bells.get(after.get("agent") or "")
        if bell is not None and any(before.get(name) != after.get(name) for name in work):
            bell()

    def _change(self, case: Json, change: Json) -> None:
        kind = change["type"]
        if kind in ("opened", "contact_added") and change.get("interaction_id"):
            self.cases_of_interaction.setdefault(change["interaction_id"], set()).add(case["case_id"])
        elif kind == "escalated":
            self.escalations += 1
        elif kind == "handed_over":
            self.handed_over[change["reason"]] = self.handed_over.get(change["reason"], 0) + 1
        elif kind == "clock" and change["change"] == "breached":
            self.breaches[change["clock"]] = self.breaches.get(change["clock"], 0) + 1

    def _incident(self, event: Json, now: float) -> None:
        """Of the incident itself, or of a parcel that came under it or is out of it."""
        if "incident" in event:
            self.incidents.setdefault(event["incident"]["incident_id"], SeenIncident()).change(event)
            self.happenings += happenings_of_incident(event)
        else:
            self.incidents.setdefault(event["incident_id"], SeenIncident()).parcel(event)

    def _claim(self, event: Json, now: float) -> None:
        claim = event["claim"]
        payout = claim.get("payout")
        earlier = self.claims.get(claim["claim_id"], {"version": 0})
        if claim["version"] >= earlier["version"]:
            self.claims[claim["claim_id"]] = brief_claim(claim)
        if payout:
            self._payout(payout, claim)
        self.happenings += happenings_of_claim(event)

    def _payout(self, payout: Json, claim: Json) -> None:
        """As it stands in the newest version; the award is that of the oldest, which ordered it: a claim whose payment
        was refused is decided again, and keeps the refused one."""
        version, award = claim["version"], (claim.get("award") or {}).get("amount_fen")
        known = self.payouts.get(payout["decision_id"]) or {"version": 0, "since": version + 1}
        newest = known if known["version"] > version else {**known, **payout, "version": version}
        oldest = {"since": version, "award_fen": award} if version < known["since"] else {}
        self.payouts[payout["decision_id"]] = {**newest, **oldest, "claim_id": claim["claim_id"]}

    def _order(self, event: Json, now: float) -> None:
        order = Order(event["decision_id"], event["claim_id"], event["reference"], event["amount_fen"], now)
        self.orders.setdefault(order.decision_id, order)

    def _notice(self, event: Json, now: float) -> None:
        said = (event["case_id"], event["kind"], event["caused_at"], event["text"])
        self.notices.setdefault(
            event["notice_id"], SeenNotice(event["notice_id"], event["channel"], event["kind"], said, now)
        )

    def _outcome(self, event: Json, now: float) -> None:
        if "reason" in event:
            self.failed[event["notice_id"]] = event["reason"]
        else:
            self.sent.add(event["notice_id"])

    def _dead_letter(self, headers: Mapping[str, bytes], value: bytes | None) -> None:
        topic, partition, offset = (
            headers.get(f"dl_{name}", b"").decode() for name in ("topic", "partition", "offset")
        )
        if not value and not topic:
            return  # the tombstone of a letter that was dropped
        group = headers.get("dl_group", b"").decode()
        place = Place(topic.removeprefix(self.prefix), int(partition), int(offset))
        self.dead_letters[place, group] = DeadLetter(headers.get("dl_reason", b"").decode("utf-8", "replace"), group)


READERS: Mapping[str, Callable[[Observations, Json, float], None]] = {
    "interactions.v1": Observations._interaction,
    "parcel-events.v1": Observations._scan,
    "cases.v1": Observations._case,
    "incidents.v1": Observations._incident,
    "claims.v1": Observations._claim,
    "payment-requests.v1": Observations._order,
    "notice-requests.v1": Observations._notice,
    "notices.v1": Observations._outcome,
}
CASE_FIELDS = (
    "case_id",
    "number",
    "version",
    "channel",
    "origin",
    "status",
    "group",
    "agent",
    "tracking_numbers",
    "opened_at",
    "first_response_at",
    "resolved_at",
    "closed_at",
    "clocks",
    "escalation_level",
    "contacts",
    "exception_id",
    "exception_kind",
    "answered_by",
    "self_service",
    "survey",
)
CLAIM_FIELDS = (
    "claim_id",
    "number",
    "version",
    "case_id",
    "case_number",
    "kind",
    "state",
    "tracking_number",
    "claimed_fen",
    "fast_track",
    "decided_by",
    "payout",
    "opened_at",
    "decided_at",
    "paid_at",
    "review_reason",
)


def brief_case(case: Json) -> Json:
    """Without the person, the words and the track: thousands of them are kept."""
    brief = {name: case[name] for name in CASE_FIELDS if name in case}
    said = {"kind": case["classification"]["kind"], "tags": case["classification"]["tags"]}
    return {**brief, **said, "tier_by": case["customer"].get("tier_by")}


def brief_claim(claim: Json) -> Json:
    brief = {name: claim[name] for name in CLAIM_FIELDS if name in claim}
    return {**brief, "award_fen": (claim.get("award") or {}).get("amount_fen")}

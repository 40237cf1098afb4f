"""The closed list of indicators: name, type, labels, help, unit. What is not listed here is not counted (ME-1).

Counters and histograms are sums of increments that events carry; gauges are sums of +1 and −1. So the order of
the events does not matter, and the same events always give the same figures.
"""

from typing import get_args

from services.metrics.shapes import Indicator, Label, counter, enum, gauge, histogram
from shared.contracts.cases import CaseKind, ClockKind
from shared.contracts.claims import ClaimState, LiableParty
from shared.contracts.incidents import Scope
from shared.contracts.interactions import ClaimKind, EvidenceKind
from shared.contracts.legal import LegalKind
from shared.contracts.notices import NoticeKind
from shared.contracts.parcels import ExceptionKind, Node
from shared.contracts.people import Channel
from shared.contracts.sign_disputes import DisputeMove, DisputeOutcome
from shared.contracts.work_orders import OwnerKind

PREFIX = "parcelcare_"
BY_ITSELF = "self_service"
"""Who answered where no person did."""

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# The targets stand among the bounds, so that the share within them is exact: 30 s and 2 h first response,
# 3 h and 24 h handling, 7 days legal answer.
RESPONSE_BOUNDS = (
    5 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    90 * MINUTE,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    DAY,
)
HANDLING_BOUNDS = (
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    3 * DAY,
    7 * DAY,
)
# The time limits of work_orders.yaml and of the playbook stand among them.
ORDER_BOUNDS = (
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    3 * DAY,
    7 * DAY,
    15 * DAY,
    30 * DAY,
)
STAGE_BOUNDS = (
    50,
    100,
    250,
    500,
    SECOND,
    2500,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    DAY,
)
AGE_BOUNDS_H = (1, 2, 4, 8, 24, 72)
"""The backlog's age brackets in hours; the last bracket is open."""

CHANNEL = enum("channel", Channel)
CASE_KIND = enum("kind", CaseKind)
CLAIM_KIND = enum("kind", ClaimKind)
TAG = Label("tag")
GROUP = Label("group")
ORIGIN = Label("origin", ("contact", "parcel_exception"))
CLOCK = enum("clock", ClockKind)
CLOCK_CHANGE = Label("change", ("started", "warned", "paused", "resumed", "breached", "met"))
PARTY = Label("liability", (*(str(p.value) for p in LiableParty), "none"))
RESULT = Label("result", ("approved", "partly_approved", "rejected"))
EXCEPTION_KIND = enum("kind", ExceptionKind)
SCOPE = enum("scope", Scope)
NODE = enum("node", Node)
CARRIER = Label("carrier")
NOTICE_CHANNEL = Label("channel", ("email", "webhook"))

ORDER_STEPS = ("opened", "sent", "accepted", "rejected", "returned", "completed", "warned", "overdue", "cancelled")
"""What is counted of a work order: all but notes. `sent`: given to an owner again, or to another one."""
OWNER_KIND = enum("owner_kind", OwnerKind)
OWNER = Label("owner")
ORDER_KIND = Label("kind")

CONTACTS = counter("contacts", (CHANNEL, CASE_KIND, TAG), "Contacts of customers, by the case that they reached.")
CASES_OPENED = counter("cases_opened", (CHANNEL, CASE_KIND, TAG, ORIGIN), "Cases opened; tag: the leading one.")
CASES_RESOLVED = counter("cases_resolved", (CHANNEL, CASE_KIND), "Resolutions of cases.")
CASES_CLOSED = counter(
    "cases_closed",
    (CHANNEL, CASE_KIND, ORIGIN, Label("first_contact", ("yes", "no"))),
    "Cases closed; first_contact: settled with one contact and never reopened.",
)
CASES_REOPENED = counter("cases_reopened", (CHANNEL, CASE_KIND), "Cases that customers opened again.")
SELF_SERVICE = counter(
    "self_service",
    (CHANNEL, Label("answer"), Label("outcome", ("resolved", "reopened", "handed_over"))),
    "Questions answered without a person: resolved so, opened again afterwards, or handed to a person before.",
)
SURVEYS = counter(
    "surveys",
    (CHANNEL, CASE_KIND, Label("outcome", ("asked", "answered", "unanswered"))),
    "Customers asked how satisfied they are, by what became of it.",
)
SURVEY_SCORES = counter(
    "survey_scores", (CHANNEL, CASE_KIND, Label("score", ("1", "2", "3", "4", "5"))), "Scores: 1 not at all, 5 fully."
)
REPLIES = counter("replies", (CHANNEL,), "Answers of agents to customers.")
CLOCK_CHANGES = counter("sla_clock_changes", (CLOCK, CLOCK_CHANGE), "Time limits by what became of them.")
ESCALATIONS = counter("escalations", (Label("level"), Label("role")), "Steps up an escalation ladder.")
SIGN_DISPUTES = counter(
    "sign_disputes",
    (Label("move", get_args(DisputeMove)), Label("outcome", (*(str(o.value) for o in DisputeOutcome), "none"))),
    "Disputes about who signed, by what became of them.",
)
SIGN_DISPUTE_AREAS = counter("sign_dispute_areas", (Label("area"),), "Disputes about who signed, by area.")
LEGAL_MISSED = counter("legal_deadlines_missed", (enum("kind", LegalKind),), "Legal deadlines that were missed.")
LEGAL_OPEN = gauge(
    "legal_deadlines_open",
    (enum("kind", LegalKind), Label("due")),
    "Legal deadlines that run, by when they end: within 48 hours, or later.",
)
BACKLOG = gauge(
    "backlog_cases",
    (GROUP, Label("age")),
    "Cases neither resolved nor closed, by handling group and age since the hour in which they were opened.",
)
FIRST_RESPONSE = histogram(
    "first_response_seconds", (CHANNEL, CASE_KIND), "From opening to the first answer.", RESPONSE_BOUNDS
)
NEXT_RESPONSE = histogram(
    "next_response_seconds",
    (CHANNEL, CASE_KIND),
    "From the oldest unanswered message, after the first answer, to its answer.",
    RESPONSE_BOUNDS,
)
RESOLUTION = histogram("resolution_seconds", (CHANNEL, CASE_KIND), "From opening to each resolution.", HANDLING_BOUNDS)
CLAIMS_OPENED = counter("claims_opened", (CLAIM_KIND,), "Claims opened.")
CLAIMS = gauge("claims", (enum("state", ClaimState), CLAIM_KIND), "Claims by the state they are in.")
CLAIMS_DECIDED = counter(
    "claims_decided",
    (CLAIM_KIND, PARTY, RESULT, Label("route", ("fast_track", "reviewed"))),
    "Decisions on claims, by the liable party and what was decided.",
)
CLAIM_REVIEWS = counter("claim_reviews", (CLAIM_KIND,), "Claims handed to a person for a decision.")
EVIDENCE_REQUESTS = counter(
    "evidence_requests", (enum("evidence", EvidenceKind),), "Pieces of evidence asked of customers."
)
PAYOUTS = counter("payouts", (CLAIM_KIND,), "Payments made to customers.")
PAYOUT_FEN = counter("payout_fen", (CLAIM_KIND,), "Money paid to customers.", "fen")
PAYOUTS_REFUSED = counter("payouts_refused", (CLAIM_KIND,), "Payments that the provider refused.")
NOTICES = counter(
    "notices",
    (NOTICE_CHANNEL, enum("kind", NoticeKind), Label("result", ("sent", "failed"))),
    "Notices to customers by what became of them.",
)
EXCEPTIONS_RAISED = counter(
    "parcel_exceptions_raised", (EXCEPTION_KIND, NODE, CARRIER), "Parcel exceptions, by the node they stood at."
)
EXCEPTIONS_CLEARED = counter(
    "parcel_exceptions_cleared", (EXCEPTION_KIND, NODE, CARRIER), "Parcel exceptions that are over."
)
EXCEPTIONS_OPEN = gauge("parcel_exceptions_open", (EXCEPTION_KIND, CARRIER), "Parcel exceptions still open.")
INCIDENTS_OPENED = counter(
    "incidents_opened",
    (SCOPE, EXCEPTION_KIND, Label("origin", ("detector", "person"))),
    "Incidents: many exceptions of one cause.",
)
INCIDENTS_OPEN = gauge("incidents_open", (SCOPE, EXCEPTION_KIND), "Incidents that are open.")
INCIDENT_PARCELS = counter("incident_parcels", (SCOPE, EXCEPTION_KIND), "Parcels that came under an incident.")
INCIDENT_PARCELS_OPEN = gauge(
    "incident_parcels_open", (SCOPE, EXCEPTION_KIND), "Parcels that are under an open incident."
)
INCIDENT_NOTICES = counter(
    "incident_notices",
    (EXCEPTION_KIND, Label("move", ("affected", "estimated", "over"))),
    "Customers who are told of an incident: when it begins for them, when another estimate moves their parcels, and "
    "when it is over; once each.",
)
JOINT_RESPONSE = histogram(
    "joint_response_seconds",
    (SCOPE,),
    "From an incident's opening to the task force's answer.",
    RESPONSE_BOUNDS,
)
WORK_ORDERS = counter(
    "work_orders",
    (Label("change", ORDER_STEPS), OWNER_KIND, ORDER_KIND),
    "Work orders by what became of them, and by who owed the next step when it did.",
)
WORK_ORDERS_COMPLETED = counter(
    "work_orders_completed",
    (OWNER_KIND, OWNER, Label("in_time", ("yes", "no"))),
    "Work orders completed; in_time: before the time limit of the owner who completed it.",
)
WORK_ORDERS_OPEN = gauge(
    "work_orders_open",
    (OWNER_KIND, OWNER, Label("age")),
    "Work orders that are not over, by who owes the next step and age since the hour in which they were opened.",
)
WORK_ORDER_ACCEPTANCE = histogram(
    "work_order_acceptance_seconds",
    (OWNER_KIND, OWNER),
    "From a work order's reaching its owner to its acceptance.",
    ORDER_BOUNDS,
)
WORK_ORDER_COMPLETION = histogram(
    "work_order_completion_seconds",
    (OWNER_KIND, ORDER_KIND),
    "From a work order's reaching the owner who completes it to its end.",
    ORDER_BOUNDS,
)
STAGE = histogram(
    "stage_seconds",
    (Label("stage", ("contact_to_case", "change_to_notice", "claim_to_decision", "decision_to_payment")),),
    "How long an event took from stage to stage, in business time.",
    STAGE_BOUNDS,
)

INDICATORS: tuple[Indicator, ...] = (
    CONTACTS,
    CASES_OPENED,
    CASES_RESOLVED,
    CASES_CLOSED,
    CASES_REOPENED,
    SELF_SERVICE,
    SURVEYS,
    SURVEY_SCORES,
    REPLIES,
    CLOCK_CHANGES,
    ESCALATIONS,
    SIGN_DISPUTES,
    SIGN_DISPUTE_AREAS,
    LEGAL_MISSED,
    LEGAL_OPEN,
    BACKLOG,
    FIRST_RESPONSE,
    NEXT_RESPONSE,
    RESOLUTION,
    CLAIMS_OPENED,
    CLAIMS,
    CLAIMS_DECIDED,
    CLAIM_REVIEWS,
    EVIDENCE_REQUESTS,
    PAYOUTS,
    PAYOUT_FEN,
    PAYOUTS_REFUSED,
    NOTICES,
    EXCEPTIONS_RAISED,
    EXCEPTIONS_CLEARED,
    EXCEPTIONS_OPEN,
    INCIDENTS_OPENED,
    INCIDENTS_OPEN,
    INCIDENT_PARCELS,
    INCIDENT_PARCELS_OPEN,
    INCIDENT_NOTICES,
    JOINT_RESPONSE,
    WORK_ORDERS,
    WORK_ORDERS_COMPLETED,
    WORK_ORDERS_OPEN,
    WORK_ORDER_ACCEPTANCE,
    WORK_ORDER_COMPLETION,
    STAGE,
)
BY_NAME = {indicator.name: indicator for indicator in INDICATORS}

"""Nothing lost, nothing doubled, paid what was decided, garbage refused: judged from outside only. Pure."""

from collections import Counter
from dataclasses import dataclass

from demo.invariants import doubled, garbage, lost, money
from demo.invariants.finding import Evidence, Finding, Rule

RULES: tuple[Rule, ...] = (
    lost.contacts_have_interactions,
    lost.scans_arrive,
    lost.interactions_have_cases,
    lost.notices_arrive,
    lost.good_is_taken,
    doubled.one_interaction_each,
    doubled.same_answer,
    doubled.one_case_for_an_interaction,
    doubled.one_case_for_an_exception,
    doubled.one_notice_for_an_incident,
    doubled.one_case_for_a_parcel_of_an_incident,
    doubled.one_payment_for_a_decision,
    doubled.one_message_for_a_notice,
    doubled.one_notice_for_a_change,
    money.amounts_are_equal,
    money.orders_are_paid,
    money.orders_are_decisions,
    money.paid_claims_have_payments,
    garbage.garbage_is_caught,
    garbage.refusals_are_the_senders_fault,
    garbage.forgeries_are_refused,
)


@dataclass(frozen=True)
class Verdict:
    """`repeated`: notices that arrived again under an equal Message-ID: a receiver recognises them."""

    findings: tuple[Finding, ...]
    accepted: int
    repeated: int
    decided_fen: int
    paid_fen: int
    refused_fen: int

    def broken(self, group: str) -> int:
        return sum(finding.broken for finding in self.findings if finding.group == group)

    @property
    def holds(self) -> bool:
        return all(finding.broken == 0 for finding in self.findings)


def judge(evidence: Evidence) -> Verdict:
    findings = tuple(rule(evidence) for rule in RULES)
    refused = {line.reference for line in evidence.statement if not line.moved_money}
    orders = evidence.seen.orders.values()
    return Verdict(
        findings=findings,
        accepted=len(evidence.ledger.contacts),
        repeated=repeats(evidence),
        decided_fen=sum(order.amount_fen for order in orders),
        paid_fen=sum(line.amount_fen for line in evidence.statement if line.moved_money),
        refused_fen=sum(order.amount_fen for order in orders if order.reference in refused),
    )


def repeats(evidence: Evidence) -> int:
    arrived = Counter(arrival.message_id for arrival in (*evidence.mails, *evidence.webhooks))
    return sum(count - 1 for count in arrived.values())

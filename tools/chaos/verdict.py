"""Lost or doubled, judged from outside: the demo's rules, and what only kills could break. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain

from demo.invariants import RULES, repeats
from demo.invariants.finding import Evidence, Finding, finding
from demo.invariants.lost import notice_id
from tools.chaos.chronicle import VERSIONED, Chronicle
from tools.chaos.traffic import Traffic


@dataclass(frozen=True)
class Case:
    """All that is judged: what was offered and what was seen."""

    traffic: Traffic
    chronicle: Chronicle
    evidence: Evidence

    def cases_of(self, sending_id: str) -> set[str]:
        """The cases of an accepted contact; those that came by Kafka are recognised by their words."""
        accepted = self.evidence.ledger.contacts.get(sending_id)
        if accepted is None:
            return set()
        ids = [accepted.interaction_id] if accepted.interaction_id else []
        if not ids and accepted.sending.contact:
            said = accepted.sending.contact.print
            ids = [i.interaction_id for i in self.chronicle.interactions.values() if i.print == said]
        return set(chain.from_iterable(self.chronicle.cases_of_interaction.get(i, set()) for i in ids))


Rule = Callable[[Case], Finding]
UNANSWERED = "unanswered"
NOT_ACCEPTED = "good_refused"
RECEIVED = frozenset({"received"})
ANSWERED = frozenset({"reply", "stage"})
"""Of a simple question: the answer itself, or that a person has it now."""


def promised_notices(case: Case) -> Finding:
    """Who opened a case and has an address is told its number: a mail of kind `received` arrived; who asked a simple
    question has the answer, or is told that a person has it (RO-3)."""
    arrived = {notice_id(mail.message_id) for mail in case.evidence.mails}
    arrived |= {hook.message_id for hook in case.evidence.webhooks}
    simple = case.chronicle.simple
    told = {
        n.said[0]
        for n in case.chronicle.notices.values()
        if n.kind in (RECEIVED | ANSWERED if n.said[0] in simple else RECEIVED) and n.notice_id in arrived
    }
    promised = [case_id for case_id, reachable in case.chronicle.opened.items() if reachable]
    return finding(
        "case_without_received_notice",
        "已建工单的客户没有收到受理通知",
        "customer of a new case was not told that it was received",
        "lost",
        len(promised),
        (case_id for case_id in promised if case_id not in told),
    )


def no_gaps(case: Case) -> Finding:
    found = [gap for topic in VERSIONED for gap in case.chronicle.gaps(topic)]
    return finding(
        "change_never_announced",
        "工单或理赔的某次变更没有发布",
        "change of a case or claim that was never announced",
        "lost",
        sum(len(versions) for versions in case.chronicle.decided.values()),
        found,
    )


def no_forks(case: Case) -> Finding:
    found = [fork for topic in VERSIONED for fork in case.chronicle.forks(topic)]
    return finding(
        "change_decided_twice",
        "同一版本的工单或理赔有两次不同的决定",
        "one version of a case or claim decided twice",
        "doubled",
        sum(len(versions) for versions in case.chronicle.decided.values()),
        found,
    )


def one_case_for_twins(case: Case) -> Finding:
    """The same words of one customer at the same moment belong into one case (RO-1)."""
    found = {one: case.cases_of(one) | case.cases_of(other) for one, other in case.traffic.twins}
    return finding(
        "twins_in_two_cases",
        "客户同时发出的相同来信归入不同工单",
        "the same words sent twice ended in two cases",
        "doubled",
        len(found),
        (key for key, cases in found.items() if len(cases) > 1),
    )


def forms_become_claims(case: Case) -> Finding:
    accepted = [form for form in case.traffic.forms if form in case.evidence.ledger.contacts]
    with_claim = {claim["case_id"] for claim in case.chronicle.claims.values()}
    return finding(
        "form_without_claim",
        "理赔申请没有形成理赔",
        "claim form that became no claim",
        "lost",
        len(accepted),
        (form for form in accepted if not case.cases_of(form) & with_claim),
    )


def losses_are_raised(case: Case) -> Finding:
    reported = {number for number, _ in case.traffic.losses & case.evidence.ledger.scans}
    with_case = {key for key in case.chronicle.exceptions if _cases(case, key)}
    return finding(
        "loss_without_case",
        "承运方上报的丢件没有建单",
        "reported loss without a case",
        "lost",
        len(reported),
        (number for number in reported if f"{number} loss" not in with_case),
    )


def _cases(case: Case, key: str) -> bool:
    return any(e in case.chronicle.cases_of_exception for e in case.chronicle.exceptions[key])


def one_exception_for_a_loss(case: Case) -> Finding:
    return finding(
        "loss_raised_twice",
        "同一丢件产生两个异常",
        "one loss raised as two exceptions",
        "doubled",
        len(case.traffic.losses),
        (n for n, _ in case.traffic.losses if len(case.chronicle.exceptions.get(f"{n} loss", ())) > 1),
    )


def no_dead_letters(case: Case) -> Finding:
    """Everything offered is well-formed: a dead letter is a contact or scan that nobody will see."""
    letters = case.chronicle.dead_letters
    return finding(
        "well_formed_but_dead",
        "合格的记录进入了死信",
        "well-formed record among the dead letters",
        "lost",
        sum(case.chronicle.records_of.values()),
        (f"{letter.group}: {letter.reason}" for letter in letters.values()),
    )


OWN_RULES: tuple[Rule, ...] = (
    promised_notices,
    no_gaps,
    forms_become_claims,
    losses_are_raised,
    no_dead_letters,
    no_forks,
    one_case_for_twins,
    one_exception_for_a_loss,
)


@dataclass(frozen=True)
class Verdict:
    """`repeated_mails` and `repeated_records` are recognisable by their id and have no effect."""

    findings: tuple[Finding, ...]
    accepted: int
    paid: int
    repeated_mails: int
    repeated_records: int

    def broken(self, group: str) -> int:
        return sum(f.broken for f in self.findings if f.group == group)

    @property
    def holds(self) -> bool:
        return all(f.broken == 0 for f in self.findings if f.group != UNANSWERED)


def judge(case: Case) -> Verdict:
    findings = [rule(case.evidence) for rule in RULES] + [rule(case) for rule in OWN_RULES]
    return Verdict(
        findings=tuple(_grouped(f) for f in findings if f.group != "garbage"),
        accepted=len(case.evidence.ledger.contacts),
        paid=sum(line.moved_money for line in case.evidence.statement),
        repeated_mails=repeats(case.evidence),
        repeated_records=case.chronicle.repeated_records(),
    )


def _grouped(found: Finding) -> Finding:
    """What never got its yes was not accepted, and so cannot be lost: it is told apart."""
    return replace(found, group=UNANSWERED) if found.name == NOT_ACCEPTED else found

"""Every effect once: one interaction, one case, one payment, one notice."""

from collections import Counter, defaultdict

from demo.invariants.finding import Evidence, Finding, finding
from demo.invariants.lost import notice_id


def one_interaction_each(evidence: Evidence) -> Finding:
    """The same delivery again must not become a second interaction; missed calls say nothing and so tell nothing."""
    spoken: dict[str, set[str]] = defaultdict(set)
    for seen in evidence.seen.interactions.values():
        said = seen.print.partition(" ")[2]
        if said or seen.message_id:
            spoken[seen.message_id or seen.print].add(seen.interaction_id)
    return finding(
        "contact_doubled",
        "同一联系产生了多条交互记录",
        "one contact became several interactions",
        "doubled",
        len(spoken),
        (key[:80] for key, ids in spoken.items() if len(ids) > 1),
    )


def same_answer(evidence: Evidence) -> Finding:
    return finding(
        "other_answer",
        "重复投递得到不同应答",
        "a repeated delivery got another answer",
        "doubled",
        evidence.ledger.counts["repeated"],
        evidence.ledger.other_answers,
    )


def one_case_for_an_interaction(evidence: Evidence) -> Finding:
    cases = evidence.seen.cases_of_interaction
    return finding(
        "interaction_in_two_cases",
        "同一交互记录归入两个工单",
        "interaction in two cases",
        "doubled",
        len(cases),
        (key for key, ids in cases.items() if len(ids) > 1),
    )


def one_case_for_an_exception(evidence: Evidence) -> Finding:
    cases = evidence.seen.cases_of_exception
    return finding(
        "exception_in_two_cases",
        "同一包裹异常开出两个工单",
        "two cases opened for one exception",
        "doubled",
        len(cases),
        (key for key, ids in cases.items() if len(ids) > 1),
    )


def one_notice_for_an_incident(evidence: Evidence) -> Finding:
    """A customer hears once that an incident begins for them, and once that it is over, by however many parcels; and so
    again where one comes under it after that."""
    incidents = evidence.seen.incidents
    return finding(
        "incident_told_twice",
        "同一突发事件向同一客户通知两次",
        "one incident told twice to a customer",
        "doubled",
        sum(one.notices(move) for one in incidents.values() for move in ("affected", "estimated", "over")),
        (f"{number} {what}" for number, one in incidents.items() for what in one.retold()),
    )


def one_case_for_a_parcel_of_an_incident(evidence: Evidence) -> Finding:
    """A parcel under an incident has the case that was reserved for it or was there, and no second one."""
    by_parcel: dict[str, set[str]] = defaultdict(set)
    for case in evidence.seen.cases.values():
        if case["origin"] == "parcel_exception":
            for number in case.get("tracking_numbers", ()):
                by_parcel[number].add(case["case_id"])
    under = {number: by_parcel[number] for one in evidence.seen.incidents.values() for number in one.cases}
    return finding(
        "incident_parcel_with_two_cases",
        "突发事件中的同一包裹开出两个异常工单",
        "two cases opened for one parcel of an incident",
        "doubled",
        len(under),
        (number for number, cases in under.items() if len(cases) > 1),
    )


def one_payment_for_a_decision(evidence: Evidence) -> Finding:
    paid = Counter(line.reference for line in evidence.statement if line.moved_money)
    return finding(
        "decision_paid_twice",
        "同一决定付款两次",
        "two payments for one decision",
        "doubled",
        len(paid),
        (reference for reference, count in paid.items() if count > 1),
    )


def one_message_for_a_notice(evidence: Evidence) -> Finding:
    ids: dict[str, set[str]] = defaultdict(set)
    for mail in evidence.mails:
        ids[notice_id(mail.message_id)].add(mail.message_id)
    return finding(
        "notice_with_two_ids",
        "同一通知以两个不同的 Message-ID 发出",
        "one notice under two Message-IDs",
        "doubled",
        len(ids),
        (key for key, found in ids.items() if len(found) > 1),
    )


def one_notice_for_a_change(evidence: Evidence) -> Finding:
    said: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for notice in evidence.seen.notices.values():
        said[notice.said].add(notice.notice_id)
    return finding(
        "change_told_twice",
        "同一变化通知了两次",
        "one change told in two notices",
        "doubled",
        len(said),
        (f"{' '.join(key)[:160]}" for key, ids in said.items() if len(ids) > 1),
    )

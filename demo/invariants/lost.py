"""Nothing that got a yes is lost: not on the way in, not between the services, not on the way out."""

from collections import defaultdict

from demo.invariants.finding import Evidence, Finding, finding
from demo.ledger import AcceptedContact
from demo.seen.observations import SeenInteraction
from demo.sending import Purpose

EXPECTED = (Purpose.CONTACT, Purpose.SCANS, Purpose.ORDERS)
"""Purposes of deliveries that must get a yes."""


def interactions_of(evidence: Evidence) -> dict[str, list[SeenInteraction]]:
    """Accepted contact (by its sending's id) → the interactions that came of it."""
    by_mail: dict[str, list[SeenInteraction]] = defaultdict(list)
    by_print: dict[str, list[SeenInteraction]] = defaultdict(list)
    for interaction in evidence.seen.interactions.values():
        by_print[interaction.print].append(interaction)
        if interaction.message_id:
            by_mail[interaction.message_id].append(interaction)
    return {key: _found(evidence, contact, by_mail, by_print) for key, contact in evidence.ledger.contacts.items()}


def _found(
    evidence: Evidence,
    accepted: AcceptedContact,
    by_mail: dict[str, list[SeenInteraction]],
    by_print: dict[str, list[SeenInteraction]],
) -> list[SeenInteraction]:
    if accepted.interaction_id is not None:
        found = evidence.seen.interactions.get(accepted.interaction_id)
        return [found] if found else []
    if accepted.sending.id in by_mail:
        return by_mail[accepted.sending.id]
    assert accepted.sending.contact is not None
    return by_print.get(accepted.sending.contact.print, [])


def contacts_have_interactions(evidence: Evidence) -> Finding:
    found = interactions_of(evidence)
    return finding(
        "contact_without_interaction",
        "已受理的联系没有对应的交互记录",
        "accepted contact without an interaction",
        "lost",
        len(found),
        (key for key, interactions in found.items() if not interactions),
    )


def scans_arrive(evidence: Evidence) -> Finding:
    accepted = evidence.ledger.scans
    return finding(
        "scan_without_event",
        "已受理的轨迹没有进入包裹事件",
        "accepted scan missing in parcel events",
        "lost",
        len(accepted),
        (f"{number} {at.isoformat()}" for number, at in accepted - evidence.seen.scans),
    )


def interactions_have_cases(evidence: Evidence) -> Finding:
    settled = [i for i in evidence.seen.interactions.values() if evidence.settled(i.seen_at)]
    return finding(
        "interaction_without_case",
        "交互记录没有归入任何工单",
        "interaction without a case",
        "lost",
        len(settled),
        (i.interaction_id for i in settled if i.interaction_id not in evidence.seen.cases_of_interaction),
    )


def notices_arrive(evidence: Evidence) -> Finding:
    """A notice that the provider refused for good is told in notices.v1, and so is not lost."""
    arrived = {notice_id(mail.message_id) for mail in evidence.mails} | {hook.message_id for hook in evidence.webhooks}
    settled = [n for n in evidence.seen.notices.values() if evidence.settled(n.seen_at)]
    return finding(
        "notice_without_mail",
        "已下达的通知没有送出",
        "ordered notice that never arrived",
        "lost",
        len(settled),
        (
            f"{n.notice_id} {'said to be sent' if n.notice_id in evidence.seen.sent else 'never said to be sent'}"
            for n in settled
            if n.notice_id not in arrived and n.notice_id not in evidence.seen.failed
        ),
    )


def notice_id(message_id: str) -> str:
    """From `<{notice_id}.{case_number}@domain>`."""
    return message_id.strip("<>").partition("@")[0].rpartition(".")[0]


def good_is_taken(evidence: Evidence) -> Finding:
    """Garbage that nobody answered was not taken either, and so is not counted here."""
    ledger = evidence.ledger
    broken = [f"{sending.route.value} {answer.status} {answer.detail[:160]}" for sending, answer in ledger.refused]
    broken += [f"{s.route.value} no answer" for s in ledger.given_up if s.purpose in EXPECTED]
    return finding(
        "good_refused",
        "合格的投递被拒绝或无人应答",
        "good delivery refused or never answered",
        "lost",
        sum(ledger.counts[name] for name in ("delivered", "repeated")) + len(broken),
        broken,
    )

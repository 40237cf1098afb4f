"""Garbage is refused or stands among the dead letters; a wrong signature is always refused."""

from demo.invariants.finding import Evidence, Finding, finding
from demo.ledger import Offence
from demo.sending import Purpose


def garbage_is_caught(evidence: Evidence) -> Finding:
    places = {place for place, _ in evidence.seen.dead_letters}
    pieces = _offences(evidence, Purpose.GARBAGE)
    return finding(
        "garbage_accepted",
        "垃圾数据既未拒绝也未进入死信",
        "garbage neither refused nor among the dead letters",
        "garbage",
        len(pieces),
        (
            f"{piece.sending.route.value} {piece.sending.note} {piece.status}"
            for piece in pieces
            if not piece.refused and piece.place not in places
        ),
    )


def refusals_are_the_senders_fault(evidence: Evidence) -> Finding:
    """A sender of garbage is told so: 4xx by HTTP, 5yz by SMTP; never that we failed."""
    refused = [o for o in evidence.ledger.offences if o.refused]
    return finding(
        "refused_as_our_fault",
        "以服务端错误拒绝垃圾数据",
        "garbage answered as if it were our failure",
        "garbage",
        len(refused),
        (
            f"{o.sending.route.value} {o.sending.note} {o.status}"
            for o in refused
            if o.sending.route.value != "mail" and not 400 <= o.status < 500
        ),
    )


def forgeries_are_refused(evidence: Evidence) -> Finding:
    forged = _offences(evidence, Purpose.FORGED)
    return finding(
        "forgery_accepted",
        "错误签名未被拒绝",
        "wrong signature not refused",
        "garbage",
        len(forged),
        (f"{o.sending.route.value} {o.status}" for o in forged if not o.refused),
    )


def _offences(evidence: Evidence, purpose: Purpose) -> list[Offence]:
    return [offence for offence in evidence.ledger.offences if offence.sending.purpose is purpose]

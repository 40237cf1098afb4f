"""Fast track (先行赔付, CL-5): small, clear, unsuspicious claims are paid at once; all others meet a person."""

from datetime import datetime, timedelta

from services.claims.case_seen import Earlier
from services.claims.claim_file import ClaimFile
from services.claims.facts import Facts, contradicts
from services.claims.rule_models import FastTrackFile, FrequencySignal, Wording
from services.claims.words import Text, yuan
from shared.contracts.claims import Award, Liability


def obstacles(
    file: ClaimFile,
    facts: Facts,
    liability: Liability,
    award: Award | None,
    earlier: tuple[Earlier, ...],
    rules: FastTrackFile,
    now: datetime,
) -> list[Text]:
    """Why a person must decide; none: the claim may be paid at once."""
    return [
        *_unclear(liability, award),
        *_too_large(file, award, rules),
        *_no_payee(file),
        *fraud_signals(file, facts, earlier, rules, now),
    ]


def _unclear(liability: Liability, award: Award | None) -> list[Text]:
    found: list[Text] = []
    if not liability.clear or liability.carrier_percent == 0:
        found.append(Text(liability.reason_zh, liability.reason_en))
    if award is None:
        found.append(Text("损失金额须人工核定", "the amount of the loss must be found by a person"))
    elif award.amount_fen == 0 and liability.carrier_percent > 0:
        found.append(Text("计算金额为零，须人工核定", "the amount comes to nothing and must be found by a person"))
    return found


def _too_large(file: ClaimFile, award: Award | None, rules: FastTrackFile) -> list[Text]:
    if file.kind not in rules.kinds:
        return [Text("该类理赔不适用先行赔付", "claims of this kind are not paid in advance")]
    most = max(file.claim.claimed_fen, award.amount_fen if award else 0)
    if most < rules.below_fen:
        return []
    limit = yuan(rules.below_fen)
    return [Text(f"金额达到 {limit} 元，不适用先行赔付", f"the amount is not below CNY {limit}")]


def _no_payee(file: ClaimFile) -> list[Text]:
    return [] if file.claim.payee else [Text("缺少收款账户", "no account to pay to is known")]


def fraud_signals(
    file: ClaimFile, facts: Facts, earlier: tuple[Earlier, ...], rules: FastTrackFile, now: datetime
) -> list[Text]:
    others = [e for e in earlier if e.claim_id != file.claim.claim_id]
    signals = rules.signals
    checks: list[tuple[bool, Wording]] = [
        (_same_parcel(file, others), signals.same_parcel),
        (any(file.photos & other.photos for other in others), signals.photo_reuse),
        (_too_often(file, others, signals.frequency, now), signals.frequency),
        (_far_above(file, signals.value.percent_of_declared), signals.value),
        (contradicts(facts), signals.tracking),
    ]
    return [Text(wording.zh, wording.en) for found, wording in checks if found]


def _same_parcel(file: ClaimFile, others: list[Earlier]) -> bool:
    number = file.claim.tracking_number
    return number is not None and any(e.tracking_number == number and not e.withdrawn for e in others)


def _too_often(file: ClaimFile, others: list[Earlier], signal: FrequencySignal, now: datetime) -> bool:
    """What the carrier's own report opened does not count against the customer."""
    if file.claim.customer.tier in signal.exempt_tiers:
        return False
    since = now - timedelta(days=signal.days)
    customer = file.claim.customer.customer_id
    mine = [e for e in others if e.customer_id == customer and e.by_customer and not e.withdrawn]
    return sum(e.opened_at >= since for e in mine) >= signal.claims


def _far_above(file: ClaimFile, percent: int) -> bool:
    return file.full_value_fen > 0 and file.claim.claimed_fen * 100 > file.full_value_fen * percent

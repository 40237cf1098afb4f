"""The amount (CL-4): integer fen, every step shown as a person would write it, never above the proven loss.

Each step is rounded half up to the fen before the next one uses it, so that whoever recalculates with the
figures shown comes to the same result.
"""

from dataclasses import dataclass

from services.claims.loss import Loss
from services.claims.vocabulary import Method
from services.claims.words import Text, money, yuan
from shared.contracts.claims import Step


@dataclass(frozen=True, slots=True)
class Terms:
    """How to compute, and what was agreed; money in fen."""

    method: Method
    multiple: int
    insured_fen: int
    freight_fen: int
    carrier_percent: int


@dataclass(frozen=True, slots=True)
class Computed:
    amount_fen: int
    steps: tuple[Step, ...]


def half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded half up; both at least 0, the denominator above it."""
    return (2 * numerator + denominator) // (2 * denominator)


def compute(terms: Terms, loss: Loss) -> Computed | None:
    """The amount, or None where the loss is not substantiated or the method is a person's judgement."""
    proven = loss.proven_fen
    if proven is None or terms.method is Method.PERSON:
        return None
    steps = [_step(Text("核定损失", "proven loss"), loss.basis, proven)]
    match terms.method:
        case Method.FREIGHT:
            due = _shared(_freight(terms, steps), terms, steps)
        case Method.INSURED_TOTAL:
            due = _shared(_insured_total(terms, proven, steps), terms, steps)
        case Method.INSURED_PARTIAL:
            due = _shared(_insured_partial(terms, loss, proven, steps), terms, steps)
        case Method.FREIGHT_MULTIPLE:
            # Shared fault lessens the liability itself (civil code 592); the agreed limit caps what is left.
            due = _limited(_shared(proven, terms, steps), terms, steps)
        case Method.MARKET_VALUE:
            due = _shared(proven, terms, steps)
    amount = min(due, proven)
    final = Text(f"赔偿金额 {money(amount).zh}", f"compensation {money(amount).en}")
    if amount < due:
        final = Text(f"{final.zh}（不超过核定损失）", f"{final.en} (not above the proven loss)")
    return Computed(amount, (*steps, Step(zh=final.zh, en=final.en, amount_fen=amount)))


def _step(name: Text, why: Text, fen: int) -> Step:
    return Step(zh=f"{name.zh} {money(fen).zh}（{why.zh}）", en=f"{name.en} {money(fen).en} ({why.en})", amount_fen=fen)


def _freight(terms: Terms, steps: list[Step]) -> int:
    why = Text("延误免除本次服务费用", "for delay the fee is waived")
    steps.append(_step(Text("运费", "freight"), why, terms.freight_fen))
    return terms.freight_fen


def _insured_total(terms: Terms, proven: int, steps: list[Step]) -> int:
    why = Text("全损按保价额赔偿", "a total loss pays the insured value")
    steps.append(_step(Text("保价额", "insured value"), why, terms.insured_fen))
    return min(terms.insured_fen, proven)


def _insured_partial(terms: Terms, loss: Loss, proven: int, steps: list[Step]) -> int:
    """Loss × insured value ÷ full value; insured above the full value pays no more than the loss."""
    full = max(loss.full_value_fen, 1)
    insured, counted = min(terms.insured_fen, full), min(proven, full)
    due = half_up(counted * insured, full)
    sum_ = f"{yuan(counted)} × {yuan(insured)} ÷ {yuan(full)} = {yuan(due)}"
    steps.append(
        Step(
            zh=f"损失 × 保价额 ÷ 全部价值：{sum_}（四舍五入到分）",
            en=f"loss × insured value ÷ full value: {sum_} (rounded half up to the fen)",
            amount_fen=due,
        )
    )
    return due


def _shared(due: int, terms: Terms, steps: list[Step]) -> int:
    if terms.carrier_percent == 100:
        return due
    part = half_up(due * terms.carrier_percent, 100)
    sum_ = f"{yuan(due)} × {terms.carrier_percent}% = {yuan(part)}"
    steps.append(Step(zh=f"承运方责任比例：{sum_}", en=f"the carrier's share: {sum_}", amount_fen=part))
    return part


def _limited(due: int, terms: Terms, steps: list[Step]) -> int:
    limit = terms.freight_fen * terms.multiple
    sum_ = f"{yuan(terms.freight_fen)} × {terms.multiple} = {yuan(limit)}"
    steps.append(
        Step(
            zh=f"未保价限额：运费 {sum_}（限额已显著提示）",
            en=f"limit for uninsured items: freight {sum_} (conspicuously notified)",
            amount_fen=limit,
        )
    )
    return min(due, limit)

"""What people do with a claim: decide it (four eyes, CL-6), ask for evidence, withdraw it, appeal once (CL-10)."""

from dataclasses import dataclass
from datetime import datetime

from services.claims.assess import ask, to_person
from services.claims.claim_file import ClaimFile, Proposal, Verdict
from services.claims.lifecycle import Move, Refused, after
from services.claims.loss import ceiling_of
from services.claims.rulebook import RuleSet
from services.claims.ruling import rule
from services.claims.turn import Turn
from services.claims.words import Text, money, yuan
from shared.contracts.claims import Award, ClaimWithdrawn, Step
from shared.contracts.interactions import EvidenceKind
from shared.contracts.personal import Personal


@dataclass(frozen=True, slots=True)
class Adjudicated:
    """`amount_fen` None with `approve`: the computed award. `payee` replaces the account on file."""

    by: str
    verdict: Verdict
    reason: Personal
    amount_fen: int | None = None
    payee: Personal | None = None


@dataclass(frozen=True, slots=True)
class EvidenceDemanded:
    by: str
    kinds: tuple[EvidenceKind, ...]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    by: str


@dataclass(frozen=True, slots=True)
class Appealed:
    """The customer wants a person to look at it (again); also where no person decided (PI law art. 24)."""

    by: str
    reason: Personal


APPEAL = Text("客户申诉，须由另一名理赔专员复核", "the customer appealed: another adjudicator must decide")


def adjudicate(file: ClaimFile, act: Adjudicated, rules: RuleSet, now: datetime) -> Turn:
    """Raises `Refused`: wrong state, own earlier decision, no amount or payee, above the proven loss."""
    after(file.claim.state, Move.REJECT if act.verdict == "reject" else Move.APPROVE)
    _not_their_own(file, act.by)
    amount = _amount(file, act)
    turn = Turn.of(file)
    if act.payee is not None and amount > 0:
        turn = turn.with_claim(payee=act.payee)
    if amount > file.paid_fen and turn.file.claim.payee is None:
        raise Refused(Text("缺少收款账户，请填写", "no account to pay to is known: name one"))
    deciders = _deciders(file, act, amount, rules)
    if deciders is None:
        return _proposed(turn, act, amount, now)
    award = _award(turn.file, act, amount, rules)
    return rule(turn.with_claim(fast_track=False), award, deciders, act.reason, rules, now)


def demand_evidence(file: ClaimFile, act: EvidenceDemanded, rules: RuleSet, now: datetime) -> Turn:
    """Back to the customer; the kinds asked for come on top of the list for this kind of claim."""
    wanted = tuple(dict.fromkeys((*file.claim.evidence_required, *act.kinds)))
    turn = Turn(file).with_claim(evidence_required=wanted, review_reason=None).with_file(proposal=None, demanded=True)
    if not turn.file.claim.evidence_missing:
        raise Refused(Text("所列材料均已收到", "everything asked for is on file already"))
    after(file.claim.state, Move.ASK)
    return ask(turn, rules, now)


def withdraw(file: ClaimFile) -> Turn:
    if file.paid_fen:
        raise Refused(Text("该理赔已有赔付，不能撤回", "the claim was paid before and cannot be withdrawn"))
    return Turn(file).moved(Move.WITHDRAW).with_file(next_due=None, proposal=None).noting(ClaimWithdrawn())


def appeal(file: ClaimFile, act: Appealed) -> Turn:
    if file.appealed_after is not None:
        raise Refused(Text("每件理赔只能申诉一次", "a claim can be appealed only once"))
    turn = Turn(file).moved(Move.APPEAL)
    return to_person(turn.with_file(appealed_after=len(file.rulings), appeal_reason=act.reason), APPEAL)


def _not_their_own(file: ClaimFile, by: str) -> None:
    """On appeal somebody else decides."""
    if any(by in ruling.by for ruling in file.rulings[: file.appealed_after or 0]):
        own = Text("您已裁定过该理赔，须由他人复核", "you decided this claim before: somebody else must")
        raise Refused(own, four_eyes=True)


def _amount(file: ClaimFile, act: Adjudicated) -> int:
    """What the claim is to be worth in all. A rejected appeal leaves what was paid."""
    claim = file.claim
    if act.verdict == "reject":
        return file.paid_fen
    amount = act.amount_fen
    if amount is None and act.verdict == "approve" and claim.award is not None:
        amount = claim.award.amount_fen
    if not amount:
        raise Refused(Text("请填写核准金额", "an amount above zero is needed"))
    if act.verdict == "partly" and claim.claimed_fen and amount >= claim.claimed_fen:
        full = yuan(claim.claimed_fen)
        raise Refused(Text(f"部分核准须低于申请金额 {full} 元", f"in part means less than the CNY {full} claimed"))
    most = ceiling_of(file)
    if most is not None and amount > most:
        raise Refused(Text(f"不得超过核定损失 {yuan(most)} 元", f"never above the proven loss of CNY {yuan(most)}"))
    if amount < file.paid_fen:
        paid = yuan(file.paid_fen)
        raise Refused(Text(f"已赔付 {paid} 元，不能更少", f"CNY {paid} was paid already: it cannot become less"))
    return amount


def _deciders(file: ClaimFile, act: Adjudicated, amount: int, rules: RuleSet) -> tuple[str, ...] | None:
    """Who decides; None: a second person must confirm first."""
    if amount <= rules.authority.second_confirm_above_fen:
        return (act.by,)
    first = file.proposal
    if first is None or first.amount_fen != amount:
        return None
    if first.by == act.by:
        text = Text("不能确认自己的裁定，须由他人确认", "nobody confirms their own decision: somebody else must")
        raise Refused(text, four_eyes=True)
    return (first.by, act.by)


def _proposed(turn: Turn, act: Adjudicated, amount: int, now: datetime) -> Turn:
    proposal = Proposal(by=act.by, verdict=act.verdict, amount_fen=amount, reason=act.reason, at=now)
    reason = Text(
        f"金额 {yuan(amount)} 元超过单人权限，须由第二名理赔专员确认",
        f"CNY {yuan(amount)} is above one person's authority: a second adjudicator must confirm",
    )
    return turn.with_file(proposal=proposal).needing(reason)


def _award(file: ClaimFile, act: Adjudicated, amount: int, rules: RuleSet) -> Award:
    """The computed award as it is, or with the person's figure as the last step."""
    computed = file.claim.award
    if computed is not None and computed.amount_fen == amount and act.verdict != "reject":
        return computed
    sum_ = money(amount)
    step = Step(zh=f"理赔专员核定 {sum_.zh}", en=f"set by an adjudicator: {sum_.en}", amount_fen=amount)
    return Award(
        amount_fen=amount,
        steps=(*(computed.steps if computed else ()), step),
        rule="adjudicator",
        rule_set=rules.version,
        law=computed.law if computed else (),
    )

"""The explanation of a decision, for the customer, in words (personal-information law art. 24)."""

from services.claims.assess import FAST_TRACK
from services.claims.claim_file import ClaimFile
from services.claims.lifecycle import MOVES, STATES, Move
from services.claims.words import Text, money
from shared.contracts.claims import Law
from shared.contracts.interactions import ClaimKind, EvidenceKind

KINDS: dict[ClaimKind, Text] = {
    ClaimKind.LOSS: Text("丢失", "loss"),
    ClaimKind.DAMAGE: Text("损坏", "damage"),
    ClaimKind.SHORTAGE: Text("内件短少", "shortage"),
    ClaimKind.DELAY: Text("延误", "delay"),
    ClaimKind.WRONG_DELIVERY: Text("错派", "wrong delivery"),
    ClaimKind.RETURN_DISPUTE: Text("退换货争议", "return dispute"),
    ClaimKind.COLD_CHAIN: Text("冷链", "cold chain"),
}
EVIDENCE: dict[EvidenceKind, Text] = {
    EvidenceKind.PROOF_OF_VALUE: Text("货值证明", "proof of value"),
    EvidenceKind.DAMAGE_PHOTO: Text("损失照片", "photos of the damage"),
    EvidenceKind.WAYBILL: Text("运单", "waybill"),
    EvidenceKind.PACKAGING: Text("内外包装照片", "photos of the packaging"),
    EvidenceKind.SERIAL_NUMBER: Text("序列号", "serial number"),
}


def explain(file: ClaimFile, language: str) -> str:
    """Plain text in `zh` or `en`: facts, liability, arithmetic, law, who decided, and what the customer can do."""
    parts = [*_head(file), *_evidence(file), *_liability(file), *_award(file), *_law(file), *_who(file), *_next(file)]
    return "\n".join(part.zh if language == "zh" else part.en for part in parts) + "\n"


def _head(file: ClaimFile) -> list[Text]:
    claim, kind, state = file.claim, KINDS[file.kind], STATES[file.claim.state]
    number = claim.tracking_number or "—"
    lines = [
        Text(f"理赔 {claim.number}（工单 {claim.case_number}）", f"Claim {claim.number} (case {claim.case_number})"),
        Text(f"类型：{kind.zh}；运单号：{number}", f"Kind: {kind.en}; tracking number: {number}"),
        Text(f"状态：{state.zh}", f"State: {state.en}"),
    ]
    if claim.claimed_fen:
        asked = money(claim.claimed_fen)
        lines.append(Text(f"申请金额：{asked.zh}", f"Amount claimed: {asked.en}"))
    if claim.review_reason:
        zh, _, en = claim.review_reason.partition(" / ")
        lines.append(Text(f"转人工原因：{zh}", f"Why a person decides: {en or zh}"))
    return lines


def _evidence(file: ClaimFile) -> list[Text]:
    have = list(dict.fromkeys(a.evidence for a in file.claim.evidence if a.evidence))
    lines = []
    if have:
        lines.append(_list(Text("已收材料：", "Evidence on file: "), have))
    if file.inferred:
        lines.append(
            Text("部分材料的类别由系统按文件格式推断。", "The kind of some files was inferred from their format.")
        )
    if missing := list(file.claim.evidence_missing):
        lines.append(_list(Text("尚缺材料：", "Evidence missing: "), missing))
    return lines


def _list(title: Text, kinds: list[EvidenceKind]) -> Text:
    zh = "、".join(EVIDENCE[kind].zh for kind in kinds)
    en = ", ".join(EVIDENCE[kind].en for kind in kinds)
    return Text(title.zh + zh, title.en + en)


def _liability(file: ClaimFile) -> list[Text]:
    liability = file.claim.liability
    if liability is None:
        return []
    share = liability.carrier_percent
    return [
        Text(
            f"责任认定：{liability.reason_zh}（承运方 {share}%，规则 {liability.rule}）",
            f"Liability: {liability.reason_en} (carrier {share}%, rule {liability.rule})",
        )
    ]


def _award(file: ClaimFile) -> list[Text]:
    award = file.claim.award
    if award is None:
        return []
    title = Text(
        f"金额计算（规则 {award.rule}，规则版本 {award.rule_set}）：",
        f"Arithmetic (rule {award.rule}, rule set {award.rule_set}):",
    )
    return [title, *(Text(f"  · {step.zh}", f"  · {step.en}") for step in award.steps)]


def _law(file: ClaimFile) -> list[Text]:
    claim = file.claim
    cited: tuple[Law, ...] = (
        *(claim.liability.law if claim.liability else ()),
        *(claim.award.law if claim.award else ()),
    )
    if not cited:
        return []
    laws = dict.fromkeys(cited)
    return [Text("依据：", "Law:"), *(Text(f"  {law.ref}：{law.zh}", f"  {law.ref}: {law.en}") for law in laws)]


def _who(file: ClaimFile) -> list[Text]:
    if not file.rulings:
        return []
    last = file.rulings[-1]
    if FAST_TRACK in last.by:
        return [Text("本决定由系统按上述规则自动作出。", "This decision was made automatically under the rules above.")]
    lines = [Text("本决定由理赔专员作出。", "This decision was made by an adjudicator.")]
    if last.reason:
        lines.append(Text(f"理由：{last.reason.reveal()}", f"Reason: {last.reason.reveal()}"))
    return lines


def _next(file: ClaimFile) -> list[Text]:
    if (file.claim.state, Move.APPEAL) not in MOVES or file.appealed_after is not None:
        return []
    return [
        Text(
            "您可以申诉一次，要求人工复核（《个人信息保护法》第二十四条）。",
            "You may appeal once and have a person look at it (Personal Information Protection Law art. 24).",
        )
    ]

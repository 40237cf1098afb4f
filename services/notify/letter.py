"""The variables of a notice's templates, in the customer's language; the declared sets stand here (NO-8). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from services.notify.changes import Event, customer_of
from services.notify.fact_words import FACT_WORDS
from services.notify.links import Links
from services.notify.ruleset import Row, Rules
from services.notify.stage import case_stage
from services.notify.view import ClaimView, Facts, View
from services.notify.words import full_time, yuan
from shared.contracts.cases import CaseChanged
from shared.contracts.claims import ClaimChanged, Law
from shared.contracts.notices import NoticeKind

COMMON = frozenset(
    {"brand", "language", "number", "name", "kind", "tracking", "group", "link", "hotline"}
    | {"headline", "lines", "title", "next_step", "steps", "survey"}
)
OWN: Mapping[NoticeKind, frozenset[str]] = {
    NoticeKind.RECEIVED: frozenset(),
    NoticeKind.STAGE: frozenset({"summary"}),
    NoticeKind.REPLY: frozenset({"reply"}),
    NoticeKind.DETAILS_NEEDED: frozenset({"questions"}),
    NoticeKind.EVIDENCE_NEEDED: frozenset({"claim_number", "evidence"}),
    NoticeKind.DECIDED: frozenset(
        {"claim_number", "outcome", "amount", "claimed", "arithmetic", "liability", "reason", "law"}
    ),
    NoticeKind.PAID: frozenset({"claim_number", "amount", "payee", "reference"}),
    NoticeKind.CLOSED: frozenset({"summary"}),
    NoticeKind.INCIDENT: frozenset({"parcel", "expected", "incident"}),
}
"""The variables that each kind's templates may use, besides the common ones."""


@dataclass(frozen=True, slots=True)
class Line:
    """A change with the row that speaks of it; `place` is where it stands in its change-set."""

    row: Row
    facts: Facts
    place: int = 0


def variables_of(kind: NoticeKind) -> frozenset[str]:
    return COMMON | OWN[kind]


def letter(event: Event, view: View, told: Sequence[Line], rules: Rules, links: Links) -> dict[str, Any]:
    """The variables for the notice of `told`, the first of which gives its kind; exactly the declared ones."""
    language = customer_of(event).language
    kind = told[0].row.tell
    assert kind is not None
    variables = _common(event, view, told, rules, links, language)
    claim = None
    if isinstance(event, ClaimChanged):
        claim = next(c for c in view.claims if c.claim_id == event.claim.claim_id)
    return variables | _own(kind, told[0].facts, claim, rules, language)


def speak(line: Line, rules: Rules, language: str, write: Any = full_time) -> str:
    """A row's sentence about its facts."""
    assert line.row.sentence is not None
    phrase = line.row.sentence[language]
    words, tell = rules.words, partial(write, language=language)
    return phrase.say({name: FACT_WORDS[name](line.facts, words, language, tell) for name in phrase.variables})


def _common(
    event: Event, view: View, told: Sequence[Line], rules: Rules, links: Links, language: str
) -> dict[str, Any]:
    stage = case_stage(view, rules, language, partial(full_time, language=language))
    case, name = view.case, customer_of(event).name
    words = rules.words
    return {
        "brand": words.brand[language],
        "language": language,
        "number": view.number,
        "name": name.reveal() if name else "",
        "headline": speak(told[0], rules, language),
        "lines": [speak(line, rules, language) for line in told[1:]],
        "title": stage.title,
        "next_step": stage.next_step,
        "steps": [(step.name, step.state) for step in stage.steps],
        "group": words.open_name(words.groups, case.group, language) if case else "",
        "tracking": ", ".join(case.tracking_numbers) if case else "",
        "kind": words.case_kinds[case.kind][language] if case else "",
        "link": links.page(view.case_id) + f"?lang={language}",
        "hotline": words.hotline[language],
        "survey": links.survey(view.case_id) + f"?lang={language}" if _asks(event) else "",
    }


def _asks(event: Event) -> bool:
    """Whether the customer is asked how satisfied they are: by the notice of the resolution or of the closing."""
    if not isinstance(event, CaseChanged) or event.case.survey is None or event.case.survey.closed_at is not None:
        return False
    return any(change.type in ("survey_asked", "closed") for change in event.changes) and not event.case.survey.score


def _own(kind: NoticeKind, facts: Facts, claim: ClaimView | None, rules: Rules, language: str) -> dict[str, Any]:
    match kind:
        case NoticeKind.REPLY:
            return {"reply": _text(facts)}
        case NoticeKind.DETAILS_NEEDED:
            return {"questions": rules.words.questions(facts.get("details", ()), language)}
        case NoticeKind.CLOSED | NoticeKind.STAGE:
            return {"summary": _text(facts)}
        case NoticeKind.INCIDENT:
            expected = facts.get("expected")
            return {
                "parcel": facts.get("parcel", ""),
                "expected": full_time(expected, language) if expected else "",
                "incident": facts.get("incident", ""),
            }
        case NoticeKind.EVIDENCE_NEEDED | NoticeKind.DECIDED | NoticeKind.PAID:
            assert claim is not None
            return {"claim_number": claim.number, **_claim_own(kind, facts, claim, rules, language)}
        case _:
            return {}


def _claim_own(kind: NoticeKind, facts: Facts, claim: ClaimView, rules: Rules, language: str) -> dict[str, Any]:
    words = rules.words
    if kind == NoticeKind.EVIDENCE_NEEDED:
        missing = facts.get("evidence", ())
        return {"evidence": [(words.evidence[e][language], words.evidence_hints[e][language]) for e in missing]}
    if kind == NoticeKind.PAID:
        return {
            "amount": yuan(facts.get("amount") or 0),
            "payee": claim.payee_mask or "",
            "reference": claim.provider_ref or "",
        }
    award, amount = claim.award, facts.get("amount")
    return {
        "outcome": words.claim_states[facts.get("outcome", claim.state)][language],
        "amount": yuan(amount) if amount is not None else "",
        "claimed": yuan(claim.claimed_fen) if claim.claimed_fen else "",
        "arithmetic": [(word(s, language), yuan(s.amount_fen)) for s in award.steps] if award else [],
        "liability": reason_of(claim, language),
        "reason": _text(facts),
        "law": [(law.ref, word(law, language)) for law in laws_of(claim)],
    }


def _text(facts: Facts) -> str:
    text = facts.get("text")
    return text.reveal() if text else ""


def word(both: Any, language: str) -> str:
    """A contract's text in the reader's language."""
    return str(both.en if language == "en" else both.zh)


def reason_of(claim: ClaimView, language: str) -> str:
    """Why who is liable, or nothing where that is not yet known."""
    if claim.liability is None:
        return ""
    return claim.liability.reason_en if language == "en" else claim.liability.reason_zh


def laws_of(claim: ClaimView) -> list[Law]:
    """Each provision once, liability's first."""
    found = [*(claim.liability.law if claim.liability else ()), *(claim.award.law if claim.award else ())]
    return list({law.ref: law for law in found}.values())

"""Where a case or claim stands in the customer's eyes, and what happens next, by rules/stages.yaml. Pure."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from services.notify.fact_words import WriteTime
from services.notify.ruleset import Rules, StageNames, StageRow
from services.notify.view import CaseView, ClaimView, Promise, View
from services.notify.words import yuan
from shared.contracts.cases import ClockKind, ClockState


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the stage line: done, now, or ahead."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage line, what the present stage is called, and the next step in words."""

    title: str
    next_step: str
    steps: tuple[Step, ...]
    finished: bool


def case_stage(view: View, rules: Rules, language: str, write: WriteTime) -> Stage:
    row = rules.stages.case_row(_case_values(view))
    claim = view.claim
    values = {
        "group": rules.words.open_name(rules.words.groups, view.case.group if view.case else None, language),
        "promise": _due(view.case, ClockKind.RESOLUTION, write),
        "first": "" if view.case and view.case.answered else _due(view.case, ClockKind.FIRST_RESPONSE, write),
        **(_claim_words(claim, rules, language) if claim else {}),
    }
    title = row.title[language] if row.title else ""
    return _stage(row, title, row.next.say(language, values), rules.stages.case_names, language)


def claim_stage(claim: ClaimView, rules: Rules, language: str) -> Stage:
    values = {"state": claim.state, "by_person": claim.by_person}
    row = rules.stages.claim_row(values)
    title = rules.words.claim_states[claim.state][language]
    next_step = row.next.say(language, _claim_words(claim, rules, language))
    return _stage(row, title, next_step, rules.stages.claim_names, language)


def promise_of(case: CaseView | None, kind: ClockKind) -> Promise | None:
    return next((p for p in case.promises if p.kind == kind), None) if case else None


def _due(case: CaseView | None, kind: ClockKind, write: WriteTime) -> str:
    promise = promise_of(case, kind)
    return write(promise.due_at) if promise and promise.state == ClockState.RUNNING else ""


def _case_values(view: View) -> dict[str, Any]:
    case = view.case
    return {
        "claim": view.claim.state if view.claim else "none",
        "status": case.status if case else None,
        "escalated": case.escalated if case else None,
        "answered": case.answered if case else None,
    }


def _claim_words(claim: ClaimView, rules: Rules, language: str) -> dict[str, str]:
    return {
        "evidence": rules.words.evidence_list(claim.missing, language),
        "amount": yuan(claim.award.amount_fen) if claim.award else "",
    }


def _stage(row: StageRow, title: str, next_step: str, names: StageNames, language: str) -> Stage:
    here = names.ids.index(row.stage)
    finished = row.done or (row.title is not None and here == len(names.ids) - 1)
    return Stage(title, next_step, _steps(names.en if language == "en" else names.zh, here, finished), finished)


@lru_cache(maxsize=100)
def _steps(names: tuple[str, ...], here: int, finished: bool) -> tuple[Step, ...]:
    """The same few lines for all cases."""
    return tuple(
        Step(name, "done" if place < here or (finished and place == here) else "now" if place == here else "ahead")
        for place, name in enumerate(names)
    )

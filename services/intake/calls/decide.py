"""What follows from one more stage of a call, or from its time being up. Pure; `now` is passed in."""

from dataclasses import dataclass
from datetime import datetime

from services.intake.calls.call import CallFile, due_at, merge
from services.intake.calls.rules import CallRules
from services.intake.calls.telling import contact, follow_up
from shared.contracts.calls import CallStage
from shared.contracts.interactions import Interaction


@dataclass(frozen=True, slots=True)
class CallDecision:
    """The call afterwards, and the contact that is due now, if any."""

    file: CallFile
    contact: Interaction | None = None


def stage_reached(file: CallFile | None, stage: CallStage, rules: CallRules, now: datetime) -> CallDecision:
    """One more stage: the contact is made once nothing more is to be expected, and what comes later follows up on it.

    Raises `InvalidEvent` where the call has more than a call can have.
    """
    merged = merge(file, stage, now)
    if merged is file:
        return CallDecision(merged)
    if merged.is_told:
        news = follow_up(merged, stage.stage_id, rules)
        return CallDecision(merged.all_told(), news) if news else CallDecision(merged)
    facts = merged.facts(rules)
    if not (facts.complete and facts.concerns_somebody):
        return CallDecision(merged)
    return CallDecision(merged.all_told(), contact(merged, rules))


def time_passed(file: CallFile, rules: CallRules, now: datetime) -> CallDecision:
    """The call as of `now`: once its time is up, its contact is made of what is there."""
    due = due_at(file, rules)
    if due is None or now < due:
        return CallDecision(file)
    return CallDecision(file.all_told(), contact(file, rules))

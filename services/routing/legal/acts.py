"""What people do about legal deadlines: a regulator's query came, was answered; recourse was claimed (RO-7). Pure."""

from dataclasses import dataclass
from datetime import datetime

from services.routing import due, moves
from services.routing.acts import Actor
from services.routing.draft import Draft
from services.routing.legal import turns
from services.routing.legal.deadline import PENDING, start
from services.routing.refusals import IllegalMove, NotAllowed
from services.routing.rules import Rules
from shared.contracts.base import derived_id
from shared.contracts.cases import Case
from shared.contracts.legal import LegalDeadline, LegalState
from shared.contracts.personal import Personal

QUERY = "act/regulator_query"


@dataclass(frozen=True, slots=True)
class RegulatorQuery:
    """`reference`: the regulator's number of the matter; the time runs from `received_at`."""

    actor: Actor
    reference: str
    authority: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class EndDeadline:
    """`event`: by its name in legal_deadlines.yaml; `about`: the regulator's reference, or the claim's id."""

    actor: Actor
    event: str
    about: str
    note: Personal


LegalAct = RegulatorQuery | EndDeadline


def act_on(case: Case, act: LegalAct, rules: Rules, now: datetime) -> Draft:
    """In any status of the case: the law does not wait for one. Raises `refusals.ActRefused`."""
    if case.agent != act.actor.agent and not act.actor.senior:
        raise NotAllowed("not_yours", "Another agent handles this case.", "该工单由其他坐席处理。")
    draft = Draft(case)
    due.fire(draft, rules.calendar, now)
    if isinstance(act, RegulatorQuery):
        _query(draft, act, rules, now)
    else:
        _end(draft, act, rules, now)
    moves.handled(draft, act.actor.agent, now)
    return draft


def _query(draft: Draft, act: RegulatorQuery, rules: Rules, now: datetime) -> None:
    if act.received_at > now:
        raise IllegalMove("not_yet", "It can't have come later than now.", "收到时间不能晚于当前时间。")
    case_id = draft.case.case_id
    for rule in rules.calendar.legal.values():
        if QUERY not in rule.starts:
            continue
        identity = derived_id(case_id, f"legal/{rule.kind.value}/{act.reference}")
        named = {"reference": act.reference, "authority": act.authority}
        if not turns.begin(draft, start(rule, identity, act.received_at, QUERY, **named)):
            raise IllegalMove("known_already", "This query is registered.", "该转办申诉已登记。")


def _end(draft: Draft, act: EndDeadline, rules: Rules, now: datetime) -> None:
    for deadline in draft.case.legal_deadlines:
        rule = rules.calendar.legal[deadline.kind]
        if act.about not in (deadline.reference, deadline.claim_id):
            continue
        state = _meaning(act.event, rule.met_by, rule.withdrawn_by)
        if state is not None and turns.end(draft, deadline, state, act.event, now, act.note):
            return
    raise IllegalMove("no_such_deadline", "No such deadline is open.", "没有对应的进行中法定时限。")


def _meaning(event: str, met_by: frozenset[str], withdrawn_by: frozenset[str]) -> LegalState | None:
    if event in met_by:
        return LegalState.MET
    return LegalState.WITHDRAWN if event in withdrawn_by else None


def pending(case: Case) -> tuple[LegalDeadline, ...]:
    return tuple(one for one in case.legal_deadlines if one.state in PENDING)

"""What an agent does to a case: take, reply, wait, resolve, close, assign, reclassify; what is refused, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.routing import due, moves, open_orders, timekeeping
from services.routing.assignment import in_queue
from services.routing.classify import COMPENSATION, corrected_by_agent, group_of
from services.routing.contact import retarget
from services.routing.disputes import dispute
from services.routing.draft import Draft
from services.routing.life import is_over
from services.routing.refusals import IllegalMove, NotAllowed
from services.routing.rules import Rules
from shared.contracts.cases import Case, CaseKind, CaseStatus, Classified, Declined, Replied
from shared.contracts.handovers import HandOverNote, HandOverNoted
from shared.contracts.personal import Personal

SENIOR = frozenset({"lead", "supervisor"})
WORKED_ON = frozenset({CaseStatus.ASSIGNED, CaseStatus.WAITING_CUSTOMER})
OPEN = WORKED_ON | {CaseStatus.QUEUED}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts; `groups` empty means: not limited to groups."""

    agent: str
    roles: frozenset[str]
    groups: frozenset[str] = frozenset()

    @property
    def senior(self) -> bool:
        return bool(self.roles & SENIOR)


@dataclass(frozen=True, slots=True)
class Take:
    """The agent takes a queued case."""

    actor: Actor


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that goes to the customer."""

    actor: Actor
    text: Personal


@dataclass(frozen=True, slots=True)
class Wait:
    """A question to the customer: the clocks wait for the answer."""

    actor: Actor
    text: Personal


@dataclass(frozen=True, slots=True)
class Resolve:
    actor: Actor
    summary: Personal | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Needs a solution summary, here or from the resolution (RO-14)."""

    actor: Actor
    summary: Personal | None = None


@dataclass(frozen=True, slots=True)
class Assign:
    """To an agent, or to a group (handed over: back into that group's queue)."""

    actor: Actor
    agent: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Decline:
    """Back into the queue, and not to this agent again (RO-4)."""

    actor: Actor
    reason: str


@dataclass(frozen=True, slots=True)
class NoteHandOver:
    """What whoever has the case next must know (RO-4)."""

    actor: Actor
    text: Personal


@dataclass(frozen=True, slots=True)
class Reclassify:
    """What the case is about after all; None: as it was. It is learnt from (RO-2)."""

    actor: Actor
    kind: CaseKind | None = None
    tags: tuple[str, ...] | None = None
    priority: int | None = None


Act = Take | Decline | Reply | Wait | Resolve | Close | Assign | NoteHandOver | Reclassify

POSSIBLE: Mapping[type[Act], frozenset[CaseStatus]] = {
    Take: frozenset({CaseStatus.QUEUED}),
    Decline: frozenset({CaseStatus.ASSIGNED}),
    Reply: WORKED_ON,
    Wait: frozenset({CaseStatus.ASSIGNED}),
    Resolve: WORKED_ON,
    Close: WORKED_ON | {CaseStatus.RESOLVED},
    Assign: OPEN,
    NoteHandOver: WORKED_ON,
    Reclassify: OPEN,
}


def act_on(case: Case, act: Act, rules: Rules, now: datetime) -> Draft:
    """The case after the act. Raises `refusals.ActRefused`."""
    draft = Draft(case)
    due.fire(draft, rules.calendar, now)
    if draft.case.status not in POSSIBLE[type(act)] and not (isinstance(act, Take) and in_queue(draft.case)):
        status = draft.case.status.value
        raise IllegalMove(
            "wrong_status",
            f"Not possible while the case is {status.replace('_', ' ')}.",
            f"工单当前状态（{STATUS_ZH[draft.case.status]}）不允许此操作。",
        )
    if isinstance(act, Take) or (isinstance(act, Reclassify) and draft.case.agent is None):
        _must_be_of_group(draft.case, act.actor)
    elif not isinstance(act, Assign):
        _must_be_handler(draft.case, act.actor)
    if isinstance(act, Resolve | Close):
        dispute.must_not_be_verified(draft.case)
        open_orders.must_be_none(draft.case)
    _DO[type(act)](draft, act, rules, now)
    if not isinstance(act, NoteHandOver):  # a word for whoever comes next
        moves.handled(draft, _whose(act), now)
    return draft


def _whose(act: Act) -> str:
    """Whose work it is: a lead who gives a case to an agent means it."""
    return act.agent if isinstance(act, Assign) and act.agent is not None else act.actor.agent


def _must_be_handler(case: Case, actor: Actor) -> None:
    if case.agent != actor.agent and not actor.senior:
        raise NotAllowed("not_yours", "Another agent handles this case.", "该工单由其他坐席处理。")


def _must_be_of_group(case: Case, actor: Actor) -> None:
    if actor.groups and case.group not in actor.groups and not actor.senior:
        raise NotAllowed("other_group", "The case belongs to another group.", "该工单属于其他技能组。")


def _take(draft: Draft, act: Take, rules: Rules, now: datetime) -> None:
    moves.give_to(draft, act.actor.agent)


def _decline(draft: Draft, act: Decline, rules: Rules, now: datetime) -> None:
    agent = act.actor.agent
    declined = tuple(dict.fromkeys((*draft.case.declined_by, agent)))
    draft.set(status=CaseStatus.QUEUED, agent=None, declined_by=declined)
    draft.note(Declined(agent=agent, reason=act.reason))


def _reply(draft: Draft, act: Reply, rules: Rules, now: datetime) -> None:
    timekeeping.answered(draft, now)
    draft.note(Replied(agent=act.actor.agent, text=act.text))


def _wait(draft: Draft, act: Wait, rules: Rules, now: datetime) -> None:
    timekeeping.answered(draft, now)
    draft.set(status=CaseStatus.WAITING_CUSTOMER)
    draft.note(Replied(agent=act.actor.agent, text=act.text))
    timekeeping.pause(draft, now)


def _resolve(draft: Draft, act: Resolve, rules: Rules, now: datetime) -> None:
    moves.resolve(draft, act.actor.agent, rules, now)
    draft.set(summary=act.summary or draft.case.summary)


def _close(draft: Draft, act: Close, rules: Rules, now: datetime) -> None:
    summary = act.summary or draft.case.summary
    if not summary:
        raise IllegalMove("summary_missing", "Closing needs a solution summary.", "关闭工单须填写解决方案摘要。")
    if not is_over(draft.case):
        moves.resolve(draft, act.actor.agent, rules, now)
    draft.set(summary=summary)
    moves.close(draft, act.actor.agent, now)


def _assign(draft: Draft, act: Assign, rules: Rules, now: datetime) -> None:
    if act.group is not None and act.group not in rules.roster.groups:
        raise IllegalMove("unknown_group", "There is no such group.", "没有该技能组。")
    if act.agent is not None and act.agent not in rules.roster.agents:
        raise IllegalMove("unknown_agent", "There is no such agent.", "没有该坐席。")
    if act.agent is None and act.group is None:
        raise IllegalMove("nobody_named", "Name an agent or a group.", "请指定坐席或技能组。")
    if not act.actor.senior:
        _must_be_handler(draft.case, act.actor)
        if act.agent is not None:
            raise NotAllowed(
                "lead_only",
                "Only a lead assigns to an agent; hand the case over to a group.",
                "仅组长可指派给坐席；请转交技能组。",
            )
    if act.group is not None:
        draft.set(group=act.group)
    if act.agent is not None:
        moves.give_to(draft, act.agent)
    else:
        timekeeping.resume(draft, rules.calendar.hours, now)
        draft.set(status=CaseStatus.QUEUED, agent=None)
        draft.note(Classified())


def _note_hand_over(draft: Draft, act: NoteHandOver, rules: Rules, now: datetime) -> None:
    """The latest one holds."""
    draft.set(handover_note=HandOverNote(by=act.actor.agent, at=now, text=act.text))
    draft.note(HandOverNoted(by=act.actor.agent, text=act.text))


def _reclassify(draft: Draft, act: Reclassify, rules: Rules, now: datetime) -> None:
    """The handler keeps the case; one that nobody has yet goes to the group that its subject now calls for."""
    before = draft.case
    if unknown := sorted(set(act.tags or ()) - rules.tags - {COMPENSATION}):
        named = ", ".join(unknown)
        raise IllegalMove("unknown_tag", f"There is no such tag: {named}.", f"没有该标签：{named}。")
    corrected = corrected_by_agent(before.classification, act.kind, act.tags, act.priority)
    if corrected is None:
        raise IllegalMove("nothing_changed", "The case is classified so already.", "分类与现有一致，无需更正。")
    draft.set(classification=corrected)
    if before.status is CaseStatus.QUEUED:
        draft.set(group=group_of(corrected, rules.tier(before.customer), rules))
    draft.note(Classified())
    retarget(draft, before, rules, now)


STATUS_ZH: Mapping[CaseStatus, str] = {
    CaseStatus.QUEUED: "待分派",
    CaseStatus.ASSIGNED: "处理中",
    CaseStatus.WAITING_CUSTOMER: "待客户回复",
    CaseStatus.RESOLVED: "已解决待确认",
    CaseStatus.CLOSED: "已关闭",
}

_DO: Mapping[type[Act], Callable[..., None]] = {
    Take: _take,
    Decline: _decline,
    Reply: _reply,
    Wait: _wait,
    Resolve: _resolve,
    Close: _close,
    Assign: _assign,
    NoteHandOver: _note_hand_over,
    Reclassify: _reclassify,
}

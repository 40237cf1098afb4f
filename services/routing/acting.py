"""Acts on cases, decided one after the other: each sees what those before it made. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.routing.acts import Reclassify
from services.routing.asked import ActRequest, KeyReused, PairRequest, Request, StaleVersion, UnknownCase
from services.routing.case import decide
from services.routing.number import id_range
from services.routing.record import correction, messages
from services.routing.rules import Rules
from services.routing.state import CaseState, ChangeSet
from shared.contracts.base import derived_id
from shared.messaging.message import Outgoing


@dataclass(frozen=True, slots=True)
class Answer:
    """What an act was answered with, kept so that the same act again is answered alike."""

    fingerprint: str
    state: CaseState


@dataclass(slots=True)
class Acting:
    """`known`: the cases as they stand; `answered`: earlier acts by their ids. What comes of the acts: `changed` cases,
    the one changed last at the end, `told` messages and new `answers`."""

    known: Mapping[str, CaseState]
    answered: Mapping[str, Answer]
    rules: Rules
    now: datetime
    changed: dict[str, CaseState] = field(default_factory=dict)
    told: list[Outgoing] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)

    def act(self, request: Request) -> CaseState:
        """The case after the act. Raises `DeskError` or `refusals.ActRefused`: then nothing has changed."""
        act_id = request.act_id
        earlier = self.answers.get(act_id) or self.answered.get(act_id)
        if earlier is not None:
            if earlier.fingerprint != request.fingerprint:
                raise KeyReused
            return earlier.state
        state = self._case(request.case_id)
        if state.case.version != request.version:
            raise StaleVersion
        found = self._single(state, request) if isinstance(request, ActRequest) else self._pair(state, request)
        for one in found:
            self._keep(one)
            self.told += messages(one, act_id, self.now)
        after = found[0].state
        if isinstance(request, ActRequest) and isinstance(request.act, Reclassify):
            self.told.append(correction(state, after.case, request.act.actor.agent, act_id, self.now))
        self.answers[act_id] = Answer(request.fingerprint, after)
        return after

    def _single(self, state: CaseState, request: ActRequest) -> tuple[ChangeSet, ...]:
        found = decide(state, request.act, self.rules, self.now)
        assert found is not None, "an act changes the case, or is refused"
        return (found,)

    def _pair(self, state: CaseState, request: PairRequest) -> tuple[ChangeSet, ...]:
        other = self._named(request.other) if request.other else None
        return request.decide(state, other, derived_id(request.act_id, "case"), self.now)

    def _case(self, case_id: str) -> CaseState:
        """None was told of a case that is only reserved."""
        state = self.changed.get(case_id) or self.known.get(case_id)
        if state is None or state.reserved:
            raise UnknownCase
        return state

    def _named(self, name: str) -> CaseState:
        """By its id, or by the number that people know. Raises `UnknownCase`."""
        first, end = id_range(name) or (name, name)
        found = {i for i in (*self.known, *self.changed) if i == name or first <= i < end}
        if len(found) != 1:
            raise UnknownCase
        return self._case(found.pop())

    def _keep(self, found: ChangeSet) -> None:
        """At the end: of a pair the case that gives up its keys is written before the one that gets them."""
        case_id = found.state.case.case_id
        self.changed.pop(case_id, None)
        self.changed[case_id] = found.state

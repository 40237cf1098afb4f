"""A call as far as it is known: the set of its stages, and what was told of it. Union has no order (IN-6)."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.intake.calls.facts import CallFacts, facts_of
from services.intake.calls.rules import CallRules
from shared.contracts.calls import CallStage
from shared.messaging.handler import InvalidEvent

MAX_STAGES = 100
MAX_TEXT = 150_000
"""Characters of all transcripts: in any script their contact stays under the limit of an event."""


class CallFile(BaseModel):
    """`told`: the stages whose news is in a contact already. `heard_at`: when we last learnt something new; not when it
    reached our gateway, for behind a queue of unread stages the rest of a call is on its way for longer."""

    model_config = ConfigDict(frozen=True)

    call_id: str
    stages: tuple[CallStage, ...]
    heard_at: datetime
    told: frozenset[str] = frozenset()
    revision: int = 0

    @property
    def is_told(self) -> bool:
        return bool(self.told)

    @property
    def last_received(self) -> datetime:
        return max(s.received_at for s in self.stages)

    def facts(self, rules: CallRules) -> CallFacts:
        return facts_of(self.stages, rules.ring_cycle_seconds)

    def told_facts(self, rules: CallRules) -> CallFacts:
        """The facts that its contacts gave."""
        return facts_of((s for s in self.stages if s.stage_id in self.told), rules.ring_cycle_seconds)

    def all_told(self) -> "CallFile":
        return self.model_copy(update={"told": frozenset(s.stage_id for s in self.stages)})


def merge(file: CallFile | None, stage: CallStage, now: datetime) -> CallFile:
    """The call with one stage more; with one that it has already, the call itself.

    Raises `InvalidEvent` where it is more than any call can have.
    """
    if file is None:
        return CallFile(call_id=stage.call_id, stages=(stage,), heard_at=now)
    if any(s.stage_id == stage.stage_id for s in file.stages):
        return file
    stages = tuple(sorted((*file.stages, stage), key=lambda s: s.stage_id))
    if len(stages) > MAX_STAGES or sum(len(s.text.reveal()) for s in stages if s.text) > MAX_TEXT:
        raise InvalidEvent(f"call {stage.call_id} has more than {MAX_STAGES} stages or {MAX_TEXT} characters")
    return file.model_copy(update={"stages": stages, "heard_at": now})


def due_at(file: CallFile, rules: CallRules) -> datetime | None:
    """When the call's contact is made with what is there by then; None: it is made, or concerns nobody."""
    if file.is_told:
        return None
    facts = file.facts(rules)
    if not facts.concerns_somebody:
        return None
    return file.heard_at + (rules.settle if facts.ended else rules.give_up)

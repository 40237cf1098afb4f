"""What a person may ask of a work order over HTTP: the bodies, and the moves that they mean (RO-9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import Field

from services.routing.acts import Actor
from services.routing.api import Body, NoBody, Words
from services.routing.workorders.order import Accept, Cancel, Complete, Event, Mover, Note, Return, Send
from shared.contracts.cases import Case
from shared.contracts.personal import Personal
from shared.contracts.work_orders import HandoverField, Owner, OwnerKind, WorkOrder


class OpenBody(Body):
    kind: Words
    owner: Owner
    handover: dict[str, Words] = Field(description="fields of the kind's template")
    hours: int | None = Field(None, ge=1, le=24 * 60, description="time limit; default: the kind's")


class SendBody(Body):
    owner: Owner
    handover: dict[str, Words] = Field(default_factory=dict, description="default: as it was")
    hours: int | None = Field(None, ge=1, le=24 * 60)


class TextBody(Body):
    text: Words = Field(description="reason, note or result")


class CompleteBody(TextBody):
    answer: dict[str, Words] = Field(default_factory=dict, description="fields that the kind asks for")


Make = Callable[[Mover, Case, Body], Event]


@dataclass(frozen=True, slots=True)
class MoveRoute:
    body: type[Body]
    summary: str
    make: Make


def _text(body: Body) -> Personal:
    assert isinstance(body, TextBody)
    return Personal(body.text)


def _send(mover: Mover, case: Case, body: Body) -> Event:
    assert isinstance(body, SendBody)
    return Send(mover, body.owner, fields_of(body.handover), body.hours)


def _complete(mover: Mover, case: Case, body: Body) -> Event:
    assert isinstance(body, CompleteBody)
    return Complete(mover, Personal(body.text), fields_of(body.answer))


MOVES: Mapping[str, MoveRoute] = {
    "accept": MoveRoute(NoBody, "Accept: the department works on it", lambda m, c, b: Accept(m)),
    "return": MoveRoute(
        TextBody,
        "Reject or return it with a reason: back to the handler of the case",
        lambda m, c, b: Return(m, _text(b), handler_of(c)),
    ),
    "note": MoveRoute(TextBody, "Note progress", lambda m, c, b: Note(m, _text(b))),
    "complete": MoveRoute(CompleteBody, "Complete with the result, and the answer that the kind asks for", _complete),
    "send": MoveRoute(SendBody, "Send one that came back to the same or another owner", _send),
    "cancel": MoveRoute(TextBody, "Cancel with a reason", lambda m, c, b: Cancel(m, _text(b))),
}


def handler_of(case: Case) -> str:
    """To whom a returned order goes: the agent of the case, else the group in whose queue it waits."""
    return case.agent or case.group


def mover_of(actor: Actor, case: Case, order: WorkOrder | None) -> Mover:
    """Seniors act for every department; partners answer by their link only, departments by it, too."""
    handles = actor.senior or case.agent == actor.agent
    owner = order.owner if order else None
    in_it = owner is not None and owner.kind is OwnerKind.DEPARTMENT and (actor.senior or owner.name in actor.groups)
    return Mover(actor.agent, handles, owner if in_it else None)


def fields_of(handover: Mapping[str, str]) -> tuple[HandoverField, ...]:
    return tuple(HandoverField(name=name, value=Personal(value)) for name, value in handover.items())

"""From an event to the pushes that follow: whom it concerns, in whose language, by which way first (NO-7). Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.internal.matters import Event, Matter, matters_of
from services.notify.internal.staff import Directory, Person
from services.notify.internal.texts import Texts
from services.notify.internal.words import PushWords, Tongue
from services.notify.words import Words
from shared.contracts.base import derived_id
from shared.contracts.notices import Letter
from shared.contracts.personal import Personal
from shared.contracts.pushes import PUSH_REQUESTED, PushRequested, PushWay
from shared.contracts.topics import PUSH_REQUESTS
from shared.messaging.message import Incoming, Outgoing, outgoing
from shared.messaging.outcome import Dead, Done, Ignored

SOURCE = "notify"


@dataclass(frozen=True, slots=True)
class PushPlanner:
    """What a plan needs besides the event."""

    directory: Directory
    texts: Texts
    own: PushWords
    words: Words

    def plan(self, incoming: Incoming[Event], now: datetime) -> Done | Ignored | Dead:
        """The same event gives the same ids, by which the sender knows a repeat. What is older than `stale_hours` is
        told to nobody any more: a new group that reads a log from its beginning must not ring for last year."""
        if now - incoming.event.at > timedelta(hours=self.directory.stale_hours):
            return Ignored()
        try:
            messages = tuple(_message(incoming, push) for push in self._pushes(incoming, now))
        except Exception as error:  # noqa: BLE001 a dead letter, for whoever keeps the templates
            return Dead(f"no push can be made of it: {type(error).__name__}")
        return Done(messages) if messages else Ignored()

    def _pushes(self, incoming: Incoming[Event], now: datetime) -> Iterator[PushRequested]:
        told: set[tuple[str, str]] = set()
        for matter in matters_of(incoming.event):
            for person in self.directory.answering(matter.party, matter.group, matter.places):
                if (matter.place, person.id) not in told:
                    told.add((matter.place, person.id))
                    yield self._push(incoming, matter, person, now)

    def _push(self, incoming: Incoming[Event], matter: Matter, person: Person, now: datetime) -> PushRequested:
        tongue = Tongue(self.own, self.words, person.language)
        facts = matter.facts(tongue)
        common = {"language": person.language, "number": matter.number, "name": person.name}
        variables = {**common, "party": tongue.party(matter.party), **facts}
        step = derived_id(incoming.id, f"push/{matter.place}")
        way, *then = person.ways_for(matter.channels)
        return PushRequested(
            push_id=push_id(step, person.id, way),
            step=step,
            kind=matter.kind,
            subject_id=matter.subject_id,
            subject_number=matter.number,
            party=str(matter.party),
            person=person.id,
            way=way,
            then=tuple(then),
            language=person.language,
            subject=Personal(self.texts.line(matter.kind, variables)),
            text=Personal(self.texts.text(matter.kind, variables)),
            facts=Letter(facts),
            caused_at=incoming.event.at,
            requested_at=now,
        )


def push_id(step: str, person: str, way: PushWay) -> str:
    """`push-` tells it from a customer's notice wherever it arrives."""
    return f"push-{derived_id(step, f'{person}/{way}')}"


def _message(incoming: Incoming[Event], push: PushRequested) -> Outgoing:
    return outgoing(
        PUSH_REQUESTS,
        push,
        type=PUSH_REQUESTED,
        key=push.subject_id,
        cause=push.push_id,
        time=push.requested_at,
        source=SOURCE,
        traceparent=incoming.traceparent,
    )

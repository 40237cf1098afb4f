"""What the gateways were told: everything that got a yes, and what became of garbage and forgeries."""

from collections import Counter
from dataclasses import dataclass, field

from demo.gateways.answer import Place, Refused, Taken
from demo.sending import Purpose, ScanKey, Sending


@dataclass(frozen=True, slots=True)
class AcceptedContact:
    """`interaction_id` as the answer named it; None for what went through Kafka."""

    sending: Sending
    interaction_id: str | None


@dataclass(frozen=True, slots=True)
class Offence:
    """A piece of garbage or a forgery, and what was said to it; `place`: where it stands in Kafka."""

    sending: Sending
    status: int
    refused: bool
    place: Place | None = None


@dataclass
class Ledger:
    """The outside's own record: nothing in it comes from the services' databases or topics."""

    contacts: dict[str, AcceptedContact] = field(default_factory=dict)
    scans: set[ScanKey] = field(default_factory=set)
    offences: list[Offence] = field(default_factory=list)
    refused: list[tuple[Sending, Refused]] = field(default_factory=list)
    other_answers: list[str] = field(default_factory=list)
    given_up: list[Sending] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def taken(self, sending: Sending, answer: Taken) -> None:
        """Called for each yes; the same delivery again must get the same answer."""
        if sending.purpose in (Purpose.GARBAGE, Purpose.FORGED):
            self.offences.append(Offence(sending, answer.status, refused=False, place=answer.place))
            return
        self.scans.update(sending.scans)
        if sending.contact is None:
            return
        earlier = self.contacts.setdefault(sending.id, AcceptedContact(sending, answer.id))
        if earlier.interaction_id != answer.id:
            self.other_answers.append(sending.id)

    def refusal(self, sending: Sending, answer: Refused) -> None:
        if sending.purpose in (Purpose.GARBAGE, Purpose.FORGED):
            self.offences.append(Offence(sending, answer.status, refused=True))
        else:
            self.refused.append((sending, answer))

"""rules/self_service.yaml as loaded: who gets a person at once, and which answer fits a contact (RO-3). Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.routing.playbook import Book, Text
from shared.contracts.cases import Case, CaseKind
from shared.contracts.interactions import Interaction
from shared.contracts.people import Channel, ContactKind

_QUOTED_LINE = re.compile(r"^\s*>.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a question must be like to be answered by itself; each field is a list of the rule file."""

    kinds: frozenset[CaseKind]
    tiers: frozenset[str]
    priorities: frozenset[int]
    channels: frozenset[Channel]
    sure: float
    max_characters: int
    reach_contacts: frozenset[ContactKind]
    reach_gateways: frozenset[str]

    def allow(self, case: Case, contact: Interaction, tier: str) -> bool:
        """A simple question, nothing handed in with it, of somebody whom the answer reaches."""
        about = case.classification
        return (
            about.kind in self.kinds
            and about.priority in self.priorities
            and about.confidence >= self.sure
            and tier in self.tiers
            and contact.channel in self.channels
            and len(contact.text.reveal()) <= self.max_characters
            and not (contact.call or contact.claim or contact.attachments or contact.media)
            and self._reaches(contact)
        )

    def _reaches(self, contact: Interaction) -> bool:
        return contact.gateway in self.reach_gateways or any(
            point.kind in self.reach_contacts for point in contact.customer.contacts
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """A row. All tags of the question must be among `tags`; `words` (None: whatever it says) one that it must say.

    Its sentences stand in order; one whose variables are not all known is left out. `signed` are those for a parcel
    that has arrived. `live`: of the parcel's facts.
    """

    answer_id: str
    tags: frozenset[str]
    words: re.Pattern[str] | None
    live: bool
    sentences: Sequence[Text]
    signed: Sequence[Text]
    summary: Text

    def fits(self, case: Case, said: str) -> bool:
        if not self.tags.issuperset(case.classification.tags):
            return False
        if self.live and len(case.tracking_numbers) != 1:
            return False
        return self.words is None or self.words.search(said) is not None


@dataclass(frozen=True)
class SelfServiceRules:
    """`wait`: how long an answer waits for the parcel's facts. `person`: whoever says one of these gets a person."""

    wait: timedelta
    terms: Terms
    person: re.Pattern[str]
    closing: Text
    answers: Mapping[str, Answer]
    book: Book

    def wants_person(self, contact: Interaction) -> bool:
        return self.person.search(spoken(contact)) is not None

    def answer_to(self, contact: Interaction, case: Case, tier: str) -> Answer | None:
        """The first answer that fits, or None: a person."""
        if not self.terms.allow(case, contact, tier):
            return None
        said = spoken(contact)
        return next((answer for answer in self.answers.values() if answer.fits(case, said)), None)


def spoken(contact: Interaction) -> str:
    """What the customer says, in lower case and without quoted lines: our own words stand in those."""
    subject = contact.subject.reveal() if contact.subject else ""
    text = f"{subject}\n{contact.text.reveal()}".lower()
    return _QUOTED_LINE.sub("", text) if ">" in text else text


def one_of(zh: Sequence[str], en: Sequence[str]) -> re.Pattern[str]:
    """Finds one of the words: a Chinese one anywhere, an English one as a whole."""
    parts = [re.escape(word.lower()) for word in zh]
    if en:
        parts.append(rf"(?<![a-z])(?:{'|'.join(re.escape(word.lower()) for word in en)})(?![a-z])")
    return re.compile("|".join(parts))

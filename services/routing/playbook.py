"""The playbook of the 12 nodes (客户问题解决手册): what is done, by whom, how long, what one is told (RO-10)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from shared.contracts.cases import Case
from shared.contracts.parcels import ExceptionKind, Fault, Node
from shared.contracts.work_orders import Owner, OwnerKind

Text = Mapping[str, str]
"""A text for people by language, zh and en."""

LANGUAGES = ("zh", "en")
GENERAL = "other"
"""The symptom of last resort."""
_SENTENCE = re.compile(r"(?:^|[.!?] )[a-z]")
VARIABLES = frozenset({"who", "time", "next", "node"})
"""What an answer may name: who acts, how long it takes, the next node, this node."""


@dataclass(frozen=True, slots=True)
class Party:
    """A department, or a partner; `contact`: the role of the person who answers there."""

    name: str
    title: Text
    contact: Text


@dataclass(frozen=True, slots=True)
class Symptom:
    """What a customer sees; `tags` and `exceptions` are how a case says it."""

    name: str
    title: Text
    tags: tuple[str, ...]
    exceptions: tuple[ExceptionKind, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: `node` None holds for every node. `business`: the hours are office hours. `next`: None ends the way.
    `by_law`: a law sets the hours, which are the company's own standard otherwise."""

    file: str
    line: int
    node: Node | None
    symptom: str
    department: Party
    partner: Party | None
    hours: int
    business: bool
    order: str | None
    handover: tuple[str, ...]
    steps: Mapping[str, tuple[str, ...]]
    question: Text
    answer: Text
    basis: Text
    next: Node | None
    by_law: bool = False

    def time(self, language: str) -> str:
        """How long it takes, in words."""
        if self.hours % 24 == 0 and not self.business and self.hours > 48:
            days = self.hours // 24
            return f"{days}天内" if language == "zh" else f"within {days} days"
        if language == "zh":
            return f"{self.hours}个工作小时内" if self.business else f"{self.hours}小时内"
        unit = "hour" if self.hours == 1 else "hours"
        return f"within {self.hours} {'working ' if self.business else ''}{unit}"

    def who(self, language: str) -> str:
        """The one who acts next, as the customer is told."""
        return (self.partner or self.department).title[language]


@dataclass(frozen=True)
class Book:
    """All entries. `symptoms` in order of gravity: of several that fit, the first one is meant."""

    version: str
    departments: Mapping[str, Party]
    partners: Mapping[str, Party]
    symptoms: Mapping[str, Symptom]
    nodes: Mapping[Node, Text]
    entries: tuple[Entry, ...]

    @cached_property
    def _found(self) -> Mapping[tuple[Node | None, str], Entry]:
        return {(entry.node, entry.symptom): entry for entry in self.entries}

    def advice(self, node: Node | None, symptom: str) -> Entry:
        """The entry for it: of this node, else of any node, else the general one."""
        for place in ((node, symptom), (None, symptom), (None, GENERAL)):
            if place in self._found:
                return self._found[place]
        raise AssertionError("there is a general entry: checked at load")

    def party(self, owner: Owner) -> Party | None:
        """The department or partner that owns a work order; None where the playbook no longer has it."""
        return (self.partners if owner.kind is OwnerKind.PARTNER else self.departments).get(owner.name)

    def symptom_of(self, tags: Iterable[str], exception: ExceptionKind | None = None) -> str:
        """What the tags mean; the parcel's exception counts first, for it was seen and not only said."""
        if exception is not None:
            for symptom in self.symptoms.values():
                if exception in symptom.exceptions:
                    return symptom.name
        for tag in tags:
            for symptom in self.symptoms.values():
                if tag in symptom.tags:
                    return symptom.name
        return GENERAL

    def for_case(self, case: Case) -> Entry:
        symptom = self.symptom_of(case.classification.tags, case.exception_kind)
        if symptom == "no_movement" and case.exception_fault is Fault.WEATHER:
            symptom = "weather"
        return self.advice(case.parcel.node if case.parcel else None, symptom)

    def at(self, node: Node) -> Sequence[Entry]:
        """The entries of a node, in the order of its file."""
        return [entry for entry in self.entries if entry.node is node]

    def general(self) -> Sequence[Entry]:
        return [entry for entry in self.entries if entry.node is None]

    def answer(self, entry: Entry, language: str, node: Node | None = None, time: str | None = None) -> str:
        """The answer with its variables filled in; `node`: where the parcel is, for a general entry; `time`: how long
        it takes, where that is not to be written as figures."""
        here, following = entry.node or node, entry.next
        none = {"zh": "当前环节", "en": "this stage"}[language]
        done = {"zh": "处理完成", "en": "done"}[language]
        words = entry.answer[language].format(
            who=entry.who(language),
            time=time or entry.time(language),
            node=self.nodes[here][language] if here else none,
            next=self.nodes[following][language] if following else done,
        )
        return _SENTENCE.sub(lambda begin: begin.group().upper(), words) if language == "en" else words

    def speech(self, entry: Entry, language: str) -> str:
        """One sentence for a menu or an announcement: who is next, and how long it takes."""
        symptom = self.symptoms[entry.symptom].title[language]
        who, time = entry.who(language), entry.time(language)
        here = self.nodes[entry.node][language] if entry.node else ""
        if language == "zh":
            return f"{here}{'，' if here else ''}{symptom}：由{who}处理，{time}给您答复。"
        stage = f" at “{here}”" if here else ""
        return f"{symptom}{stage}: {who} takes care of it, and you hear from us {time}."

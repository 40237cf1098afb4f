"""What a telephone menu says and lets one choose: the 12 nodes, the symptoms of one, the answer (RO-10). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.routing.ivr import heard
from services.routing.ivr.words import IvrWords
from services.routing.playbook import Book
from shared.contracts.parcels import Node

BACK = "0"
NODES = tuple(Node)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a caller is in the menu; none of them: at its beginning."""

    node: Node | None = None
    symptom: str | None = None

    def query(self) -> dict[str, str]:
        given = {"node": self.node.value if self.node else "", "symptom": self.symptom or ""}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Choice:
    """`digits` lead to `place`; `words` say so."""

    digits: str
    words: str
    place: Place


@dataclass(frozen=True, slots=True)
class Spoken:
    """One turn: the sentences, then the choices, all with as many `digits`. Without choices it goes on at `then`.
    `silence` is said to who presses nothing."""

    language: str
    place: Place
    sentences: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    then: Place | None = None
    silence: str = ""

    @property
    def digits(self) -> int:
        return len(self.choices[0].digits) if self.choices else 0


@dataclass(frozen=True, slots=True)
class Ivr:
    book: Book
    words: IvrWords

    def spoken(self, place: Place, language: str, pressed: str | None = None) -> Spoken:
        """The turn at `place`, or after what was pressed there. Digits that mean nothing give the same turn again."""
        turn = self._turn(place, language)
        if pressed is None or not turn.choices:
            return turn
        chosen = next((c.place for c in turn.choices if _same(c.digits, pressed)), None)
        if chosen is None:
            return replace(turn, sentences=(self.words.unknown[language], *turn.sentences))
        return self._turn(chosen, language)

    def _turn(self, place: Place, language: str) -> Spoken:
        if place.node is None:
            return self._nodes(language)
        if place.symptom is None:
            return self._symptoms(place.node, language)
        return self._answer(place.node, place.symptom, language)

    def _nodes(self, language: str) -> Spoken:
        named = {Place(node): self.book.nodes[node][language] for node in NODES}
        return self._menu(Place(), self.words.welcome[language], named, language, {})

    def _symptoms(self, node: Node, language: str) -> Spoken:
        named = {
            Place(node, entry.symptom): self.book.symptoms[entry.symptom].title[language]
            for entry in self.book.at(node)
        }
        asked = self.words.which[language].format(node=self.book.nodes[node][language])
        return self._menu(Place(node), asked, named, language, {self.words.back[language]: Place()})

    def _menu(
        self, place: Place, first: str, named: Mapping[Place, str], language: str, zero: Mapping[str, Place]
    ) -> Spoken:
        width = len(str(len(named)))
        numbered = [(f"{n:0{width}}", title, there) for n, (there, title) in enumerate(named.items(), 1)]
        back = [(BACK * width, title, there) for title, there in zero.items()]
        choices = tuple(Choice(d, self._pressing(title, d, language), there) for d, title, there in numbered + back)
        said = (heard.clean(first, language), *(choice.words for choice in choices))
        return Spoken(language, place, said, choices, silence=self.words.silence[language])

    def _pressing(self, title: str, digits: str, language: str) -> str:
        said = self.words.press[language].format(title=title, keys=heard.keys(digits, language))
        return heard.clean(said, language)

    def _answer(self, node: Node, symptom: str, language: str) -> Spoken:
        """The question is the caller's own; the answer follows the playbook's fall-back chain."""
        entry = self.book.advice(node, symptom)
        time = heard.duration(entry, language)
        answer = heard.clean(self.book.answer(entry, language, node, time), language)
        who = self.words.next_one[language].format(who=entry.who(language), time=time)
        return Spoken(language, Place(node, symptom), (answer, heard.clean(who, language)), then=Place())


def _same(digits: str, pressed: str) -> bool:
    """A caller who ends with # may leave out the zeros before."""
    return pressed.isascii() and pressed.isdigit() and len(pressed) <= 2 and int(digits) == int(pressed)

"""What a contact or an exception is about (RO-2): words, or where none decides the model → facts → decision table;
and which group it goes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from services.routing.advice import OTHER, advice, mood
from services.routing.lexicon import Found, Lexicon, Tag, Text
from services.routing.model.scorer import Guess
from services.routing.rules import Rules
from services.routing.words import STRONG, WEAK
from shared.contracts.cases import CaseKind, Classification
from shared.contracts.classification import Decider, Sentiment
from shared.contracts.interactions import Interaction
from shared.contracts.parcels import ParcelExceptionRaised

COMPENSATION = "compensation"
CALL_BACK = "call_back"
"""Of a call that nobody took (未接来电)."""
SIGNALS = ("regulator", COMPENSATION, "complaint", "urgent", "question")
MAX_WORDS = 12
RANK = (
    CaseKind.FEEDBACK,
    CaseKind.QUERY,
    CaseKind.EXCEPTION,
    CaseKind.AFTER_SALES,
    CaseKind.COMPLAINT,
    CaseKind.CLAIM,
)
"""A case's kind only ever rises: who complains after a question has a complaint."""
MOODS = (Sentiment.POSITIVE, Sentiment.NEUTRAL, Sentiment.NEGATIVE)
"""A case's mood only ever falls: it is the worst that the customer showed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in a text: the tags, the leading one first, how sure, and the words.

    `strength`: `strong`, `weak`, `none`, or `model` where the words left it to the model, whose `kind` (empty: not
    sure) and `confidence` these are then.
    """

    tags: tuple[str, ...]
    strength: str
    ambiguous: bool
    words: tuple[str, ...]
    signals: frozenset[str]
    kind: str = ""
    confidence: float = 0.0


NOTHING = Reading((), "none", False, (), frozenset())


def classify(contact: Interaction, rules: Rules) -> Classification:
    """Of a contact: its form where there is one, else that nobody took the call, else its words, else the model."""
    subject = contact.subject.reveal() if contact.subject else ""
    text = rules.lexicon.read(f"{subject}\n{contact.text.reveal()}")
    named = rules.lexicon.search(text)
    read = reading(text, named, rules.lexicon)
    guess = rules.model.guess(text, named)
    if contact.call is not None and not contact.call.answered:
        read = _to_call_back(read)
    if contact.claim is not None:
        tags = (*rules.lexicon.forms[contact.claim.kind.value], COMPENSATION)
        read = replace(read, tags=tuple(dict.fromkeys((*tags, *read.tags))))
        found = _decide(rules, read, Decider.FORM)
    elif read.strength == "strong":
        found = _decide(rules, read, Decider.TABLE)
    else:
        found = _by_model(rules, read, guess, text) or _decide(rules, read, Decider.TABLE)
    spoken = None if read.tags == (CALL_BACK,) else mood(guess)
    return found.model_copy(update={"sentiment": spoken, "language": "zh" if text.zh else "en"})


def _to_call_back(read: Reading) -> Reading:
    """Whoever was not answered is called back, whatever is on the tape. Words that only hint may be intake's own, which
    say in the contact that the call was missed."""
    if read.strength == "strong":
        return replace(read, tags=(*read.tags, CALL_BACK))
    return Reading((CALL_BACK,), "strong", False, (), read.signals)


def _by_model(rules: Rules, read: Reading, guess: Guess, text: Text) -> Classification | None:
    """Where the model is sure; what exact words signal or deny stays (a regulator is named, nothing is lost)."""
    lexicon = rules.lexicon

    def possible(tag: str) -> bool:
        return tag in lexicon.tags and not lexicon.denies(tag, text)

    advised = advice(text, guess, rules.model, rules.trust, possible)
    if advised is None:
        return None
    kind = "" if advised.kind == CaseKind.CLAIM and lexicon.denies(COMPENSATION, text) else advised.kind
    wants_money = COMPENSATION in read.signals or kind == CaseKind.CLAIM
    tags = (*advised.tags[: lexicon.max_tags], *((COMPENSATION,) if wants_money else ()))
    words = tuple(dict.fromkeys((*advised.words, *read.words)))[:MAX_WORDS]
    signals = read.signals | {"urgent"} if advised.urgent else read.signals
    facts = Reading(tags, "model", False, words, signals, kind, advised.confidence)
    return _decide(rules, facts, Decider.MODEL)


def classify_exception(raised: ParcelExceptionRaised, rules: Rules) -> Classification:
    """Of a parcel's exception: a fact, its level says how grave."""
    read = replace(NOTHING, tags=rules.lexicon.exceptions[raised.kind.value])
    return _decide(rules, read, Decider.EXCEPTION, exception=raised.kind.value, level=raised.level)


class Named(NamedTuple):
    """A tag that a text names: outright in `strong` places; its score are these, or else its hints."""

    tag: Tag
    found: Found
    strong: int
    score: int


def reading(text: Text, found: Mapping[str, Found], lexicon: Lexicon) -> Reading:
    """What the words of the table that were found in a text say."""
    ranked = _ranked(found, lexicon, len(text.zh) or len(text.en))
    signals = frozenset(found.keys() & lexicon.signals.keys())
    tags = [named.tag.topic.name for named in ranked[: lexicon.max_tags]]
    if COMPENSATION in signals:
        tags.append(COMPENSATION)
    shown = [*(named.found for named in ranked), *(found[name] for name in SIGNALS[:-1] if name in found)]
    words = tuple(dict.fromkeys(w for f in shown for w in f.words()))[:MAX_WORDS]
    return Reading(tuple(tags), _strength(ranked), _is_ambiguous(ranked), words, signals)


def _ranked(found: Mapping[str, Found], lexicon: Lexicon, length: int) -> list[Named]:
    """Tags by how often they were named, then by gravity. Hints count where nothing is named outright; praise
    beside anything else is mere politeness."""
    tags = [_named(lexicon.tags[name], f) for name, f in found.items() if name in lexicon.tags]
    hinted = [named for named in tags if length <= (named.tag.weak_up_to or length)]
    best = [named for named in tags if named.strong] or hinted
    left = [named for named in best if not named.tag.only_alone] or best
    names = {named.tag.topic.name for named in left}
    return sorted(left, key=lambda n: (bool(n.tag.yields_to & names), -n.score, n.tag.gravity))


def _named(tag: Tag, found: Found) -> Named:
    strong = found.places(STRONG)
    return Named(tag, found, strong, strong or found.places(WEAK))


def _strength(ranked: Sequence[Named]) -> str:
    if not ranked:
        return "none"
    return "strong" if ranked[0].strong else "weak"


def _is_ambiguous(ranked: Sequence[Named]) -> bool:
    """Another family of tags is as likely as the leading one, and does not yield to it."""
    if len(ranked) < 2:
        return False
    best = ranked[0]
    rivals = [other for other in ranked[1:] if best.tag.topic.name not in other.tag.yields_to]
    return any(other.score >= best.score and other.tag.family != best.tag.family for other in rivals)


def _decide(rules: Rules, read: Reading, by: Decider, exception: str = "", level: int = 0) -> Classification:
    leading = next((tag for tag in read.tags if tag != COMPENSATION), OTHER)
    result = rules.classification(
        exception=exception,
        level=level,
        form=by is Decider.FORM,
        tag=leading,
        strength=read.strength,
        ambiguous=read.ambiguous,
        model_kind=read.kind,
        **{signal: signal in read.signals for signal in SIGNALS},
    )
    return Classification(
        kind=CaseKind(result["kind"]),
        tags=read.tags or (OTHER,),
        priority=result["priority"],
        confidence=max(result["confidence"] / 100, round(read.confidence, 2)),
        words=read.words,
        rule=f"{result['kind_rule']}/{result['confidence_rule']}",
        decided_by=by,
    )


def group_of(classification: Classification, tier: str, rules: Rules) -> str:
    """The group that handles it; what is not understood goes to people who read it (triage)."""
    leading = next((tag for tag in classification.tags if tag != COMPENSATION), OTHER)
    group: str = rules.groups(
        tier=tier,
        confidence=round(classification.confidence * 100),
        kind=classification.kind.value,
        tag=leading,
    )["group"]
    return group


def merged(old: Classification, new: Classification, sure: float) -> Classification:
    """The case's classification after one more contact: it gains tags, and rises in kind and priority."""
    mere_thanks = new.kind is CaseKind.FEEDBACK and old.confidence >= sure
    if new.confidence < sure or mere_thanks:
        return old
    if old.confidence < sure:
        return new
    kind = max(old.kind, new.kind, key=RANK.index)
    leading = new if kind is new.kind and kind is not old.kind else old
    other = old if leading is new else new
    return Classification(
        kind=kind,
        tags=tuple(t for t in dict.fromkeys((*leading.tags, *other.tags)) if t != OTHER) or (OTHER,),
        priority=min(old.priority, new.priority),
        confidence=leading.confidence,
        words=tuple(dict.fromkeys((*leading.words, *other.words)))[:MAX_WORDS],
        rule=leading.rule,
        decided_by=leading.decided_by,
        sentiment=max((m for m in (old.sentiment, new.sentiment) if m), key=MOODS.index, default=None),
        language=leading.language,
    )


def corrected_by_agent(
    old: Classification, kind: CaseKind | None, tags: Sequence[str] | None, priority: int | None
) -> Classification | None:
    """As an agent says that it is; what they do not name stays. None: nothing would change."""
    named = {"kind": kind, "tags": tuple(dict.fromkeys(tags)) if tags else None, "priority": priority}
    said = {field: value for field, value in named.items() if value is not None}
    if all(getattr(old, field) == value for field, value in said.items()):
        return None
    surely = {"confidence": 1.0, "words": (), "rule": "agent", "decided_by": Decider.AGENT}
    return old.model_copy(update={**said, **surely})

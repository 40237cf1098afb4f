"""What a contact or an exception is about (RO-2): words → facts → decision table; and which group it goes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.routing.lexicon import Found, Lexicon, Tag
from services.routing.rules import Rules
from services.routing.words import STRONG, WEAK
from shared.contracts.cases import CaseKind, Classification
from shared.contracts.interactions import Interaction
from shared.contracts.parcels import ParcelExceptionRaised

OTHER = "other"
COMPENSATION = "compensation"
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


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in a text: the tags, the leading one first, how sure, and the words."""

    tags: tuple[str, ...]
    strength: str
    ambiguous: bool
    words: tuple[str, ...]
    signals: frozenset[str]


def classify(contact: Interaction, rules: Rules) -> Classification:
    """Of a contact: its form where there is one, else its words."""
    subject = contact.subject.reveal() if contact.subject else ""
    read = reading(f"{subject}\n{contact.text.reveal()}", rules.lexicon)
    if contact.claim is not None:
        tags = (*rules.lexicon.forms[contact.claim.kind.value], COMPENSATION)
        return _decide(rules, read, tags=tuple(dict.fromkeys((*tags, *read.tags))), form=True)
    return _decide(rules, read, tags=read.tags)


def classify_exception(raised: ParcelExceptionRaised, rules: Rules) -> Classification:
    """Of a parcel's exception: a fact, its level says how grave."""
    nothing = Reading((), "none", False, (), frozenset())
    tags = rules.lexicon.exceptions[raised.kind.value]
    return _decide(rules, nothing, tags=tags, exception=raised.kind.value, level=raised.level)


class Named(NamedTuple):
    """A tag that a text names: outright in `strong` places; its score are these, or else its hints."""

    tag: Tag
    found: Found
    strong: int
    score: int


def reading(text: str, lexicon: Lexicon) -> Reading:
    read = lexicon.read(text)
    found = lexicon.search(read)
    ranked = _ranked(found, lexicon, len(read.zh) or len(read.en))
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


def _decide(
    rules: Rules, read: Reading, *, tags: tuple[str, ...], form: bool = False, exception: str = "", level: int = 0
) -> Classification:
    leading = next((tag for tag in tags if tag != COMPENSATION), OTHER)
    result = rules.classification(
        exception=exception,
        level=level,
        form=form,
        tag=leading,
        strength=read.strength,
        ambiguous=read.ambiguous,
        **{signal: signal in read.signals for signal in SIGNALS},
    )
    return Classification(
        kind=CaseKind(result["kind"]),
        tags=tags or (OTHER,),
        priority=result["priority"],
        confidence=result["confidence"] / 100,
        words=read.words,
        rule=f"{result['kind_rule']}/{result['confidence_rule']}",
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
    )

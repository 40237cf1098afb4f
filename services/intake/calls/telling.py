"""From a call to its one contact, and to what follows up on it: the same call gives the same ids."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.intake.adapters.contact import interaction_id_of
from services.intake.calls.call import CallFile
from services.intake.calls.facts import CallFacts
from services.intake.calls.rules import CallRules
from services.intake.customers import UNKNOWN
from services.intake.extraction import numbers_in
from services.intake.language import language_of
from services.intake.media.naming import Named, platform_media
from shared.contracts.base import derived_id
from shared.contracts.calls import CallStage, CallStep
from shared.contracts.interactions import Call, Interaction
from shared.contracts.media import MediaKind, PlatformMedia
from shared.contracts.people import Channel, Customer
from shared.contracts.personal import Personal


def contact_id_of(call_id: str) -> str:
    """Whatever stage or timer brings it about, the contact of a call has this id (IN-6)."""
    return interaction_id_of(f"call/{call_id}")


def contact(file: CallFile, rules: CallRules) -> Interaction:
    """The contact of the call, from all that is known."""
    facts = file.facts(rules)
    language = _language(facts)
    words = [] if facts.answered else [rules.missed.fill(language, facts.rings, facts.wait_seconds)]
    if not facts.ended:
        words.append(rules.unended.fill(language))
    ends = [s.received_at for s in file.stages if s.step is CallStep.ENDED]
    told = _interaction(
        file, facts, contact_id_of(file.call_id), words, facts.texts, min(ends, default=file.last_received), file.stages
    )
    return told.model_copy(update={"media": _media(file, facts.recordings)})


def follow_up(file: CallFile, cause: str, rules: CallRules) -> Interaction | None:
    """What is new since the last contact, of the stage `cause`; None: nothing that anybody must know."""
    before, facts = file.told_facts(rules), file.facts(rules)
    texts = [t for t in facts.texts if t not in before.texts]
    recordings = [r for r in facts.recordings if r not in before.recordings]
    if not (texts or recordings or facts.answered != before.answered):
        return None
    turned_missed = before.answered and not facts.answered
    language = _language(facts)
    words = [rules.missed.fill(language, facts.rings, facts.wait_seconds)] if turned_missed else []
    fresh = [s for s in file.stages if s.stage_id not in file.told]
    told = _interaction(
        file,
        facts,
        interaction_id_of(f"call/{file.call_id}/{cause}"),
        words,
        texts,
        max(s.received_at for s in fresh),
        fresh,
    )
    return told.model_copy(
        update={"follows": contact_id_of(file.call_id), "media": _media(file, recordings)},
    )


def _media(file: CallFile, recordings: Iterable[str]) -> tuple[PlatformMedia, ...]:
    """Each named once, by the first contact that tells of it; its ref is the call's, in whichever contact."""
    gateway = file.stages[0].gateway
    return tuple(platform_media(Named(MediaKind.RECORDING, url=r), gateway, file.call_id) for r in recordings)


def _interaction(
    file: CallFile,
    facts: CallFacts,
    interaction_id: str,
    words: Iterable[str],
    texts: Iterable[str],
    received_at: datetime,
    sources: Iterable[CallStage],
) -> Interaction:
    spoken = "\n\n".join(texts)
    numbers = numbers_in(spoken)
    first = file.stages[0]
    return Interaction(
        interaction_id=interaction_id,
        channel=Channel.PHONE,
        gateway=first.gateway,
        customer=_customer(facts, file.call_id),
        text=Personal("\n".join([*words, *([spoken] if spoken else [])])),
        occurred_at=facts.started_at,
        received_at=received_at,
        tracking_numbers=numbers.tracking,
        order_numbers=numbers.orders,
        call=_call(facts, first.platform_call_id, [m.ref for m in _media(file, facts.recordings)]),
        originals=tuple(dict.fromkeys(s.delivery_id for s in sorted(sources, key=lambda s: (s.received_at, s.at)))),
    )


def _call(facts: CallFacts, platform_call_id: str, recordings: Sequence[str]) -> Call:
    return Call(
        call_id=platform_call_id,
        rings=facts.rings,
        wait_seconds=facts.wait_seconds,
        talk_seconds=facts.talk_seconds,
        answered=facts.answered,
        recording_ref=recordings[0] if recordings else None,
        recording_refs=tuple(recordings),
    )


def _customer(facts: CallFacts, call_id: str) -> Customer:
    """A call of which only the recording came has an owner whom nobody knows."""
    known = facts.customer or Customer(customer_id=UNKNOWN + derived_id(call_id, "caller"))
    return known.model_copy(update={"language": _language(facts)})


def _language(facts: CallFacts) -> str:
    """What was said decides, then what the platform says, then where the number is from."""
    if facts.texts:
        return language_of("\n".join(facts.texts), facts.language)
    return facts.language or (facts.customer.language if facts.customer else "zh")

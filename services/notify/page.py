"""What the progress page shows, from a case's view: words, times and states, ready for the template (NO-5). Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from services.notify.letter import Line, laws_of, reason_of, speak, word
from services.notify.masking import mask_text
from services.notify.ruleset import Rules
from services.notify.stage import Stage, case_stage, claim_stage, promise_of
from services.notify.texts import Speaker
from services.notify.track import TrackNode, track_nodes
from services.notify.view import CaseView, ClaimView, Entry, Promise, View
from services.notify.words import SHANGHAI, full_time, machine_time, near_time, yuan
from shared.contracts.cases import CaseKind, CaseStatus, ClockKind, ClockState
from shared.contracts.claims import ClaimState


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure under the stage line."""

    label: str
    main: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of the timeline."""

    key: str
    time: str
    machine: str
    text: str
    quote: str
    told: str


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class ClaimCard:
    key: str
    number: str
    kind: str
    state: str
    tone: str
    stage: Stage
    awarded: str
    demanded: str
    arithmetic: tuple[tuple[str, str], ...]
    liability: str
    share: str
    law: tuple[tuple[str, str], ...]
    missing: tuple[tuple[str, str], ...]
    received: tuple[str, ...]
    decided: bool
    payment: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ParcelCard:
    tracking_number: str
    origin: str
    destination: str
    nodes: tuple[TrackNode, ...]
    trouble: str
    expected: str


@dataclass(frozen=True, slots=True)
class Page:
    language: str
    number: str
    version: int
    brand: str
    kind: str
    stage: Stage
    your_turn: bool
    todo: tuple[tuple[str, str], ...]
    tiles: tuple[Tile, ...]
    claims: tuple[ClaimCard, ...]
    parcel: ParcelCard | None
    days: tuple[Day, ...]
    rate: bool
    rated: int
    reader: str
    hotline: str
    updated: str


def build_page(view: View, rules: Rules, say: Speaker, now: datetime) -> Page:
    language, case = say.language, view.case
    near = partial(near_time, now=now, language=language)
    times = [entry.at for entry in view.timeline] + ([case.updated_at] if case else [])
    return Page(
        language=language,
        number=view.number,
        version=view.version,
        brand=rules.words.brand[language],
        kind=_kind(view, rules, language),
        stage=case_stage(view, rules, language, near),
        your_turn=_your_turn(view),
        todo=_todo(view, rules, language),
        tiles=tuple(_tiles(case, rules, say, now)) if case else (),
        claims=tuple(_claim_card(claim, rules, say) for claim in reversed(view.claims)),
        parcel=_parcel(case, rules, say, now) if case else None,
        days=tuple(_days(view.timeline, rules, say, now)),
        rate=case is not None and case.survey is not None and case.survey.is_open(now),
        rated=(case.survey.score or 0) if case and case.survey else 0,
        reader=" · ".join(part for part in (view.reader.name, view.reader.mail or view.reader.phone) if part),
        hotline=rules.words.hotline[language],
        updated=near(max(times)) if times else "",
    )


def _kind(view: View, rules: Rules, language: str) -> str:
    if view.case is None:
        kind = CaseKind.CLAIM if view.claims else CaseKind.EXCEPTION
        return rules.words.case_kinds[kind][language]
    case, words = view.case, rules.words
    if case.exception is not None:
        return words.exceptions[case.exception][language]
    about = words.open_name(words.tags, case.tags[0], language) if case.tags else ""
    return " · ".join(part for part in (words.case_kinds[case.kind][language], about) if part)


def _todo(view: View, rules: Rules, language: str) -> tuple[tuple[str, str], ...]:
    """What the customer may still tell, as long as it can help."""
    if view.case is None or view.case.status in (CaseStatus.RESOLVED, CaseStatus.CLOSED):
        return ()
    return tuple(rules.words.questions(view.case.missing, language))


def _your_turn(view: View) -> bool:
    if view.case is not None and view.case.status in (CaseStatus.RESOLVED, CaseStatus.CLOSED):
        return False
    waiting = view.case is not None and view.case.status == CaseStatus.WAITING_CUSTOMER
    return waiting or (view.claim is not None and view.claim.state == ClaimState.AWAITING_EVIDENCE)


def _tiles(case: CaseView, rules: Rules, say: Speaker, now: datetime) -> Iterator[Tile]:
    language = say.language
    yield from _promise_tiles(case, say, now)
    yield Tile(say("handled_by"), _standing(rules.words.open_name(rules.words.groups, case.group, language)))
    channel = rules.words.open_name(rules.words.channels, case.channel, language)
    origin = say("proactive") if case.origin == "parcel_exception" else say("by_channel", channel=channel)
    yield Tile(say("opened"), _standing(near_time(case.opened_at, now, language)), origin)


def _promise_tiles(case: CaseView, say: Speaker, now: datetime) -> Iterator[Tile]:
    if case.status in (CaseStatus.RESOLVED, CaseStatus.CLOSED):
        yield Tile(say("promised"), say("kept"), say("kept_note"))
        return
    first = promise_of(case, ClockKind.FIRST_RESPONSE)
    if first and first.state == ClockState.RUNNING and not case.answered and first.due_at > now:
        time = _standing(near_time(first.due_at, now, say.language))
        yield Tile(say("first_answer"), time, _left(first.due_at, now, say))
    resolution = promise_of(case, ClockKind.RESOLUTION)
    if resolution:
        yield _promise_tile(resolution, case, say, now)


def _promise_tile(promise: Promise, case: CaseView, say: Speaker, now: datetime) -> Tile:
    time = near_time(promise.due_at, now, say.language)
    if promise.state == ClockState.PAUSED:
        return Tile(say("promised"), say("paused"), say("paused_note"), "calm")
    if promise.state == ClockState.BREACHED:
        return Tile(say("promised"), say("overdue"), say("overdue_note", time=time), "late")
    legal = promise_of(case, ClockKind.LEGAL_ANSWER)
    note = _left(promise.due_at, now, say)
    if legal and legal.state == ClockState.RUNNING and legal.due_at < promise.due_at:
        note = say("legal_note", time=near_time(legal.due_at, now, say.language))
    return Tile(say("promised"), _standing(time), note)


def _left(due: datetime, now: datetime, say: Speaker) -> str:
    left = due - now
    return say("any_moment") if left <= timedelta(minutes=1) else say("left", span=span(left, say.language))


def span(left: timedelta, language: str) -> str:
    """A stretch of time in its two largest units."""
    minutes = int(left.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    zh, en = ("天", "小时", "分钟"), ("d", "h", "min")
    parts = [(days, 0), (hours, 1), (minutes, 2)]
    shown = [(n, unit) for n, unit in parts if n][:2] or [(0, 2)]
    if language == "en":
        return " ".join(f"{n} {en[unit]}" for n, unit in shown)
    return " ".join(f"{n} {zh[unit]}" for n, unit in shown)


def _claim_card(claim: ClaimView, rules: Rules, say: Speaker) -> ClaimCard:
    language, words = say.language, rules.words
    liability = claim.liability
    refused = claim.state == ClaimState.REJECTED
    decided = claim.decided_at is not None or refused
    award = claim.award if decided else None
    payment = ((say("paid_to"), claim.payee_mask or ""), (say("paid_ref"), claim.provider_ref or ""))
    share = liability.carrier_percent if liability and liability.clear else None
    return ClaimCard(
        key=claim.claim_id,
        number=claim.number,
        kind=words.claim_kinds[claim.kind][language],
        state=words.claim_states[claim.state][language],
        tone="refused" if refused else "wait" if claim.missing and not decided else "good" if decided else "calm",
        stage=claim_stage(claim, rules, language),
        awarded=yuan(award.amount_fen) if award and not refused else "",
        demanded=yuan(claim.claimed_fen) if claim.claimed_fen else "",
        arithmetic=tuple((word(step, language), yuan(step.amount_fen)) for step in award.steps) if award else (),
        liability=reason_of(claim, language),
        share=say("share", percent=str(share)) if share is not None else "",
        law=tuple((law.ref, word(law, language)) for law in laws_of(claim)) if decided else (),
        missing=tuple((words.evidence[e][language], words.evidence_hints[e][language]) for e in claim.missing)
        if not decided
        else (),
        received=tuple(words.evidence[e][language] for e in claim.received),
        decided=decided,
        payment=payment if claim.payout == "succeeded" else (),
    )


def _parcel(case: CaseView, rules: Rules, say: Speaker, now: datetime) -> ParcelCard | None:
    if case.track is None and not case.tracking_numbers:
        return None
    number = case.track.tracking_number if case.track else case.tracking_numbers[0]
    return ParcelCard(
        tracking_number=number,
        origin=(case.track.origin or "") if case.track else "",
        destination=(case.track.destination or "") if case.track else "",
        nodes=track_nodes(case.track, rules.words, say, now) if case.track else (),
        trouble=rules.words.exceptions[case.exception][say.language] if case.exception else "",
        expected=_expected(case, say, now),
    )


def _expected(case: CaseView, say: Speaker, now: datetime) -> str:
    """A time that has passed says nothing: the next news brings another."""
    if case.expected is None or case.expected <= now:
        return ""
    return say("expected", time=near_time(case.expected, now, say.language))


def _days(timeline: Sequence[Entry], rules: Rules, say: Speaker, now: datetime) -> Iterator[Day]:
    known = [entry for entry in timeline if rules.notices.by_id(entry.row) is not None]
    for day, entries in groupby(known, key=lambda entry: entry.at.astimezone(SHANGHAI).date()):
        today = now.astimezone(SHANGHAI).date()
        name = {today: say("today"), today - timedelta(days=1): say("yesterday")}.get(day, "")
        moments = tuple(_moment(entry, rules, say, now) for entry in entries)
        yield Day(name or _date_only(moments[0].machine, say.language), moments)


def _date_only(machine: str, language: str) -> str:
    return full_time(datetime.fromisoformat(machine), language)[:-5].rstrip(" ,")


def _moment(entry: Entry, rules: Rules, say: Speaker, now: datetime) -> Moment:
    row = rules.notices.by_id(entry.row)
    assert row is not None
    write: Any = partial(near_time, now=now)
    local = entry.at.astimezone(SHANGHAI)
    return Moment(
        key=f"{entry.of}/{entry.row}",
        time=f"{local.hour:02d}:{local.minute:02d}",
        machine=machine_time(entry.at),
        text=speak(Line(row, entry.facts), rules, say.language, write),
        quote=mask_text(text.reveal()) if (text := entry.facts.get("text")) else "",
        told=say(f"told_{entry.told}") if entry.told in ("email", "webhook") else "",
    )


def _standing(name: str) -> str:
    """A name or time that stands alone: "the claims desk" → "Claims desk"."""
    name = name.removeprefix("the ")
    return name[:1].upper() + name[1:]

"""Stages of a call become one contact, whatever order they come in and however often (IN-1, IN-6)."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.calls.call import MAX_STAGES, due_at, merge
from services.intake.calls.decide import stage_reached
from services.intake.calls.rules import call_rules
from services.intake.calls.telling import contact_id_of
from services.intake.lined_yaml import RuleFileError
from shared.contracts.calls import CallStage, CallStep
from shared.contracts.people import ContactKind
from shared.messaging.handler import InvalidEvent
from tests.unit.intake.calls_given import CALL, CALLER, NOW, RULES, stage, told_of, until_told
from tests.unit.intake.given import recordings_of

WORDS = "包裹破损，运单 YT1234567890123"
ENGLISH = CALLER.model_copy(update={"language": "en"})
RINGING = stage(CallStep.RINGING, 0, customer=CALLER, rings=4)
ANSWERED = stage(CallStep.ANSWERED, 21, answered=True)
ENDED = stage(CallStep.ENDED, 201, customer=CALLER)
RECORDING = stage(CallStep.RECORDING, 230, recording_ref="https://pbx.example/r/1")
TRANSCRIPT = stage(CallStep.TRANSCRIPT, 260, text=WORDS)
WHOLE = (RINGING, ANSWERED, ENDED, RECORDING, TRANSCRIPT)
ABANDONED = stage(CallStep.ENDED, 35, answered=False)


@pytest.mark.req("IN-1")
def test_a_whole_call_is_one_contact_with_all_that_was_said() -> None:
    _, (contact,) = told_of(WHOLE)
    assert contact.call is not None
    assert (contact.call.rings, contact.call.wait_seconds, contact.call.talk_seconds) == (4, 21, 180)
    assert contact.call.answered
    assert recordings_of(contact) == ["https://pbx.example/r/1"]
    assert contact.call.recording_ref == contact.media[0].ref
    assert contact.text.reveal() == WORDS
    assert contact.tracking_numbers == ("YT1234567890123",)
    assert contact.customer.reach(ContactKind.PHONE) == "+8613912345678"
    assert (contact.occurred_at, contact.received_at) == (RINGING.at, ENDED.received_at)
    assert contact.originals == tuple(s.delivery_id for s in WHOLE)


@pytest.mark.req("IN-1", "IN-6")
@given(st.permutations(WHOLE * 2))
def test_no_order_and_no_repeat_makes_a_difference(order: Sequence[CallStage]) -> None:
    assert until_told(order) == until_told(WHOLE)


@pytest.mark.req("IN-1", "IN-6")
@given(st.permutations([RINGING, ANSWERED, ENDED]), st.permutations([RECORDING, TRANSCRIPT]))
def test_what_comes_after_the_contact_follows_it_in_any_order(
    first: Sequence[CallStage], rest: Sequence[CallStage]
) -> None:
    file, (contact,) = until_told(first)
    _, later = told_of(rest, file)
    assert {t.follows for t in later} == {contact.interaction_id}
    assert [t.text.reveal() for t in later if t.text] == [WORDS]


def parts() -> st.SearchStrategy[list[CallStage]]:
    """Some stages of a call, also odd sets of them: two transcripts, a person and a menu, contradictions."""
    seconds = st.integers(0, 300)
    said = st.fixed_dictionaries(
        {},
        optional={
            "answered": st.booleans(),
            "rings": st.integers(0, 20),
            "wait_seconds": seconds,
            "talk_seconds": seconds,
            "customer": st.sampled_from([CALLER, ENGLISH]),
            "recording_ref": st.sampled_from(["s3://a", "s3://b"]),
            "text": st.sampled_from(["包裹丢了", "where is my parcel", WORDS]),
        },
    )
    made = st.builds(lambda step, after, more: stage(step, after, **more), st.sampled_from(CallStep), seconds, said)
    return st.lists(made, min_size=1, max_size=7, unique_by=lambda s: s.stage_id)


@pytest.mark.req("IN-1", "IN-6")
@given(parts(), st.data())
def test_whatever_comes_nothing_is_lost_or_told_twice(stages: list[CallStage], data: st.DataObject) -> None:
    order = data.draw(st.permutations(stages * 2))
    until = data.draw(st.integers(1, len(order)), label="stages before the time is up")
    file, told = until_told(order[:until])
    file, later = told_of(order[until:], file)
    file, last = until_told([], file)
    told += later + last
    assert file.stages == until_told(stages)[0].stages
    facts = file.facts(RULES)
    if not facts.concerns_somebody:
        assert told == []
        return
    assert [t.interaction_id for t in told if t.follows is None] == [contact_id_of(CALL)]
    assert len({t.interaction_id for t in told}) == len(told)
    everything = "\n".join(t.text.reveal() for t in told)
    assert [everything.count(text) for text in facts.texts] == [1] * len(facts.texts)
    call = told[-1].call
    assert call is not None
    assert (call.answered, len(call.recording_refs)) == (facts.answered, len(facts.recordings))
    # Each is asked for once, by the contact that is the first to tell of it.
    named = [m for t in told for m in t.media]
    assert sorted(m.url.reveal() for m in named if m.url) == sorted(facts.recordings)
    assert {m.ref for m in named} == set(call.recording_refs)


@pytest.mark.req("IN-1")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", "未接来电，请回电。振铃 7 次，等待 35 秒。"),
        ("en", "Missed call: please ring the caller. Rings: 7, waited 35 s."),
    ],
)
def test_a_call_that_nobody_took_asks_for_a_call_back_at_once(language: str, words: str) -> None:
    caller = CALLER.model_copy(update={"language": language})
    ringing = stage(CallStep.RINGING, 0, customer=caller)
    _, (contact,) = told_of([ABANDONED, ringing])
    assert contact.text.reveal() == words
    assert contact.call is not None
    assert (contact.call.answered, contact.call.rings, contact.call.wait_seconds) == (False, 7, 35)
    assert contact.received_at == ABANDONED.received_at


@pytest.mark.req("IN-1")
def test_what_is_left_on_the_machine_stands_behind_the_words_for_a_missed_call() -> None:
    _, (contact,) = told_of([ABANDONED, stage(CallStep.TRANSCRIPT, 60, text="请回电话"), RINGING])
    assert contact.text.reveal().splitlines() == ["未接来电，请回电。振铃 4 次，等待 35 秒。", "请回电话"]


@pytest.mark.req("IN-1")
def test_a_transcript_that_comes_later_follows_the_contact_of_its_call() -> None:
    file, (contact,) = until_told([RINGING, ANSWERED, ENDED, RECORDING])
    assert contact.text.reveal() == ""
    _, (later,) = told_of([TRANSCRIPT], file)
    assert (later.follows, later.customer, later.text.reveal()) == (contact.interaction_id, contact.customer, WORDS)
    assert later.call is not None
    assert contact.call is not None
    assert later.call.call_id == contact.call.call_id
    assert later.originals == (TRANSCRIPT.delivery_id,)


@pytest.mark.req("IN-1")
def test_a_call_without_an_end_is_closed_when_its_time_is_up() -> None:
    file, told = told_of([RINGING, ANSWERED])
    assert told == []
    assert due_at(file, RULES) == NOW + RULES.give_up
    _, (contact,) = until_told([RINGING, ANSWERED])
    assert contact.text.reveal() == "平台没有上报通话结束，到时自动登记。"
    assert contact.received_at == ANSWERED.received_at
    _, (missed,) = until_told([RINGING])
    assert missed.text.reveal().startswith("未接来电")


@pytest.mark.req("IN-1")
def test_the_rest_of_a_call_has_a_moment_to_come() -> None:
    file, told = told_of([RINGING, ENDED])
    assert told == []
    assert due_at(file, RULES) == NOW + RULES.settle
    _, (contact,) = until_told([RINGING, ENDED])
    assert contact.call is not None
    assert not contact.call.answered


@pytest.mark.req("IN-1")
def test_an_answer_that_is_reported_too_late_takes_the_missed_call_back() -> None:
    file, (missed,) = until_told([RINGING, ENDED])
    _, (later,) = told_of([ANSWERED], file)
    assert missed.call is not None
    assert later.call is not None
    assert (missed.call.answered, later.call.answered, later.text.reveal()) == (False, True, "")


@pytest.mark.req("IN-1")
def test_the_end_of_a_line_that_nobody_was_named_on_is_no_contact() -> None:
    file, told = until_told([stage(CallStep.ENDED, 10)])
    assert (told, due_at(file, RULES)) == ([], None)


@pytest.mark.req("IN-8")
def test_more_stages_than_a_call_can_have_are_refused_not_dropped() -> None:
    file, _ = told_of([stage(CallStep.RECORDING, n, recording_ref=f"s3://{n}") for n in range(MAX_STAGES)])
    with pytest.raises(InvalidEvent):
        stage_reached(file, TRANSCRIPT, RULES, NOW)
    long = merge(None, stage(CallStep.TRANSCRIPT, 0, text="长" * 100_000), NOW)
    with pytest.raises(InvalidEvent):
        merge(long, stage(CallStep.TRANSCRIPT, 1, text="长" * 100_000), NOW)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("settle_seconds: 30", "settle_seconds: -1", 7),
        ("{rings} 次", "{name} 次", 13),
        ("{wait} s", "{wait.__class__} s", 14),
        ("give_up_minutes: 240", "give_up_hours: 4", 8),
    ],
)
def test_a_wrong_rule_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int) -> None:
    shipped = Path("services/intake/rules/calls.yaml").read_text("utf-8")
    file = tmp_path / "calls.yaml"
    file.write_text(shipped.replace(old, new), "utf-8")
    with pytest.raises(RuleFileError, match=f"calls.yaml:{line}:"):
        call_rules(file)

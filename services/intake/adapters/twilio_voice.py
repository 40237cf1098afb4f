"""Twilio's voice webhooks as stages of a call: status callbacks, dialled legs, queues, recordings, transcripts.

A leg that Twilio dials to an agent has a call id of its own and names its parent: the customer's call is the parent's.
That the parent is in progress only says that a menu took it; a person has answered when a leg, a <Dial> or an
<Enqueue> says so. Source: https://www.twilio.com/docs/voice/twiml (requests, Dial, Enqueue, Record).
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from services.intake.adapters.edge import Edge
from services.intake.adapters.stages import Said
from shared.contracts.calls import CallStep

LONGEST_S = 86_400
Sid = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{2,64}$")]
Status = Annotated[str, StringConstraints(max_length=40)]
Number = Annotated[str, StringConstraints(max_length=320)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2000)]


def _seconds(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 8 else value


Seconds = Annotated[int, BeforeValidator(_seconds), Field(ge=0, le=LONGEST_S)]

WITHHELD = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
"""What Twilio puts for ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE: the words on a telephone's keys."""

COMING = frozenset({"queued", "initiated", "ringing"})
FAILED = frozenset({"busy", "failed", "no-answer", "canceled"})
TAKEN = frozenset({"completed", "answered"})


class VoiceFields(Edge):
    """The fields that we read; those that Twilio leaves empty are taken for absent."""

    CallSid: Sid
    ParentCallSid: Sid | None = None
    CallStatus: Status | None = None
    CallbackSource: Status | None = None
    Direction: Status | None = None
    From: Number | None = None
    Timestamp: Annotated[str, StringConstraints(max_length=60)] | None = None
    CallDuration: Seconds | None = None
    DialCallStatus: Status | None = None
    DialCallDuration: Seconds | None = None
    QueueResult: Status | None = None
    QueueTime: Seconds | None = None
    RecordingSid: Sid | None = None
    RecordingUrl: Url | None = None
    RecordingStatus: Status | None = None
    TranscriptionSid: Sid | None = None
    TranscriptionStatus: Status | None = None
    TranscriptionText: Annotated[str, StringConstraints(max_length=100_000)] | None = None
    LanguageCode: Status | None = None

    @property
    def caller(self) -> str | None:
        """The customer's number; a leg to an agent comes from wherever the script says."""
        if self.ParentCallSid or self.From is None:
            return None
        return "" if self.From in WITHHELD else self.From


@dataclass(frozen=True, slots=True)
class Nothing:
    """Not news of a customer's call, and why."""

    because: str


def stage_of(f: VoiceFields, cause: str) -> Said | Nothing:
    """What one webhook says. `cause` names the webhook: a repeat has the same."""
    said = Said(
        call=f.ParentCallSid or f.CallSid, step=CallStep.RINGING, cause=cause, at=time_of(f.Timestamp), caller=f.caller
    )
    if not f.ParentCallSid and (f.Direction or "").startswith("outbound"):
        return Nothing("a call that we made")
    if f.TranscriptionSid:
        return _transcript(f, said)
    if f.RecordingSid and f.RecordingUrl:
        return _recording(f, said)
    if f.QueueResult:
        return _queue(f, said)
    if f.DialCallStatus:
        return _dial(f, said)
    return _leg(f, said) if f.ParentCallSid else _line(f, said)


def _line(f: VoiceFields, said: Said) -> Said | Nothing:
    """The customer's own line."""
    if f.CallStatus in COMING:
        return said
    if f.CallStatus == "in-progress" and f.CallbackSource:
        return replace(said, step=CallStep.ANSWERED)
    if f.CallStatus == "completed":
        return replace(said, step=CallStep.ENDED, lasted_seconds=f.CallDuration)
    if f.CallStatus in FAILED:
        return replace(said, step=CallStep.ENDED, answered=False)
    return Nothing("a choice in a menu, or a step of the call's script")


def _leg(f: VoiceFields, said: Said) -> Said | Nothing:
    """The line to an agent. At its end the time of answering is worked out, should that callback never come."""
    if f.CallStatus == "in-progress":
        return replace(said, step=CallStep.ANSWERED, answered=True)
    if f.CallStatus == "completed":
        talked = f.CallDuration or 0
        at = said.at and said.at - timedelta(seconds=talked)
        return replace(said, step=CallStep.ANSWERED, answered=talked > 0, talk_seconds=talked, at=at)
    if f.CallStatus in FAILED:
        return replace(said, step=CallStep.ROUTED, answered=False)
    return Nothing("an agent's telephone rings")


def _dial(f: VoiceFields, said: Said) -> Said | Nothing:
    """The end of a <Dial>."""
    if f.DialCallStatus in TAKEN:
        return replace(said, step=CallStep.ROUTED, answered=True, talk_seconds=f.DialCallDuration)
    if f.DialCallStatus in FAILED:
        return replace(said, step=CallStep.ROUTED, answered=False)
    return Nothing(f"a <Dial> that ended with {f.DialCallStatus}")


def _queue(f: VoiceFields, said: Said) -> Said | Nothing:
    """The end of waiting in an <Enqueue>."""
    if f.QueueResult in ("bridged", "bridging-in-process", "redirected-from-bridged"):
        return replace(said, step=CallStep.ROUTED, answered=True, wait_seconds=f.QueueTime)
    if f.QueueResult == "hangup":
        return replace(said, step=CallStep.ENDED, answered=False, wait_seconds=f.QueueTime)
    if f.QueueResult in ("leave", "queue-full", "error", "system-error"):
        return replace(said, step=CallStep.ROUTED, answered=False, wait_seconds=f.QueueTime)
    return Nothing(f"a queue that ended with {f.QueueResult}")


def _recording(f: VoiceFields, said: Said) -> Said | Nothing:
    if f.RecordingStatus not in (None, "completed"):
        return Nothing(f"recording {f.RecordingStatus}")
    return replace(said, step=CallStep.RECORDING, recording=f.RecordingUrl)


def _transcript(f: VoiceFields, said: Said) -> Said | Nothing:
    if not f.TranscriptionText or f.TranscriptionStatus not in (None, "completed"):
        return Nothing(f"transcription {f.TranscriptionStatus}")
    return replace(said, step=CallStep.TRANSCRIPT, text=f.TranscriptionText, language=f.LanguageCode)


def time_of(text: str | None) -> datetime | None:
    """RFC 2822 in callbacks, RFC 3339 in events; None where it is neither."""
    if not text:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            value = read(text)
            if value.tzinfo and 2000 <= value.year <= 2100:
                return value.astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None

"""Amazon Connect (IN-1): contact records and Contact Lens transcripts, handed on by a relay that signs them.

A record comes once the contact is over, and again when it changes (a recording becomes available): each says all that
is known, so it is several stages at once. Source: https://docs.aws.amazon.com/connect/latest/adminguide/
ctr-data-model.html and contact-lens-example-output-files.html.
"""

import hashlib
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from services.intake.adapters.edge import Edge, EdgeInstant, rejected, require_media_type
from services.intake.adapters.signed import verify_signature
from services.intake.adapters.stages import Said, accept_stages
from services.intake.credentials import Credentials
from services.intake.delivery import Accepted, Adapter, Delivery, Verified
from shared.contracts.calls import CallStep
from shared.security.identity import IdentityKey

MAX_TURNS = 5000
MAX_TEXT = 100_000
VOICE = "VOICE"
FROM_CUSTOMER = frozenset({"INBOUND", "TRANSFER", "QUEUE_TRANSFER", "WEBRTC_API", "API"})
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Length = Annotated[int, Field(ge=0, le=86_400)]
Kind = Annotated[str, StringConstraints(max_length=40)]


class AgentPart(Edge):
    ConnectedToAgentTimestamp: EdgeInstant | None = None
    AgentInteractionDuration: Length | None = None
    CustomerHoldDuration: Length = 0


class QueuePart(Edge):
    EnqueueTimestamp: EdgeInstant | None = None
    Duration: Length | None = None


class RecordingPart(Edge):
    Location: Annotated[str, StringConstraints(max_length=2000)] | None = None
    Status: Kind | None = None


class Endpoint(Edge):
    Address: Annotated[str, StringConstraints(max_length=256)] | None = None


class ContactRecord(Edge):
    """A contact trace record (联系记录). Of transferred contacts each has its own; the first one names the call."""

    ContactId: Id
    InitialContactId: Id | None = None
    NextContactId: Id | None = None
    Channel: Kind
    InitiationMethod: Kind
    InitiationTimestamp: EdgeInstant
    DisconnectTimestamp: EdgeInstant | None = None
    LastUpdateTimestamp: EdgeInstant | None = None
    CustomerEndpoint: Endpoint | None = None
    Agent: AgentPart | None = None
    Queue: QueuePart | None = None
    Recording: RecordingPart | None = None
    Recordings: Annotated[tuple[RecordingPart, ...], Field(max_length=50)] | None = None
    LanguageCode: Kind | None = None


class Turn(Edge):
    ParticipantId: Kind = ""
    Content: Annotated[str, StringConstraints(max_length=10_000)] = ""


class Metadata(Edge):
    ContactId: Id


class Analysis(Edge):
    """The file that Contact Lens writes after a call."""

    Channel: Kind = VOICE
    CustomerMetadata: Metadata
    LanguageCode: Kind | None = None
    Transcript: Annotated[tuple[Turn, ...], Field(max_length=MAX_TURNS)]

    @property
    def text(self) -> str:
        """A line for each turn, so that who spoke stays known."""
        return "\n".join(f"{t.ParticipantId.lower()}: {t.Content}" for t in self.Transcript if t.Content)[:MAX_TEXT]


class _Which(Edge):
    Transcript: object = None


_WHICH = TypeAdapter(_Which)
_RECORD = TypeAdapter(ContactRecord)
_ANALYSIS = TypeAdapter(Analysis)


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    require_media_type(delivery.headers, "application/json")
    return verify_signature(delivery, credentials)


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    try:
        if _WHICH.validate_json(verified.payload).Transcript is not None:
            said, because = _spoken(_ANALYSIS.validate_json(verified.payload))
        else:
            said, because = _recorded(_RECORD.validate_json(verified.payload))
    except ValidationError as error:
        raise rejected(error) from None
    return accept_stages(delivery, verified.cause, said, identity, because=because)


def _spoken(analysis: Analysis) -> tuple[Sequence[Said], str]:
    if analysis.Channel != VOICE or not analysis.text:
        return (), "an analysis without a call's words"
    call = analysis.CustomerMetadata.ContactId
    cause = f"{call}/{hashlib.sha256(analysis.text.encode()).hexdigest()}"
    return (Said(call, CallStep.TRANSCRIPT, cause, text=analysis.text, language=analysis.LanguageCode),), ""


def _recorded(record: ContactRecord) -> tuple[Sequence[Said], str]:
    if record.Channel != VOICE:
        return (), f"a contact by {record.Channel}, whose words are not in its record"
    if record.InitiationMethod not in FROM_CUSTOMER:
        return (), f"a call that we made ({record.InitiationMethod})"
    return tuple(_stages(record)), ""


def _stages(record: ContactRecord) -> Sequence[Said]:
    call = record.InitialContactId or record.ContactId
    cause = f"{record.ContactId}/{record.LastUpdateTimestamp or ''}"
    address = (record.CustomerEndpoint.Address if record.CustomerEndpoint else None) or ""
    waited = record.Queue.Duration if record.Queue else None
    agent, taken_at = record.Agent, record.Agent and record.Agent.ConnectedToAgentTimestamp
    stages = [Said(call, CallStep.RINGING, record.ContactId, record.InitiationTimestamp, address)]
    if agent and taken_at:
        talked = agent.AgentInteractionDuration
        talk = None if talked is None else talked + agent.CustomerHoldDuration
        stages.append(
            Said(call, CallStep.ANSWERED, cause, taken_at, answered=True, wait_seconds=waited, talk_seconds=talk)
        )
    stages += [
        Said(
            call,
            CallStep.RECORDING,
            f"{record.ContactId}/{location}",
            taken_at or record.InitiationTimestamp,
            recording=location,
        )
        for location in _locations(record)
    ]
    if record.DisconnectTimestamp:
        # Transferred, the call goes on as another contact.
        step = CallStep.ROUTED if record.NextContactId else CallStep.ENDED
        answered = bool(taken_at) or (None if record.NextContactId else False)
        stages.append(Said(call, step, cause, record.DisconnectTimestamp, answered=answered, wait_seconds=waited))
    return stages


def _locations(record: ContactRecord) -> Sequence[str]:
    """Where the recordings lie in S3, once they can be had."""
    given = (*(record.Recordings or ()), *([record.Recording] if record.Recording else []))
    return tuple(
        dict.fromkeys(
            f"s3://{r.Location}" if "://" not in r.Location else r.Location
            for r in given
            if r.Location and r.Status in (None, "AVAILABLE")
        )
    )


ADAPTER = Adapter(verify, normalise)

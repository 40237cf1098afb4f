"""call-stages.v1: what a platform says about a call, stage by stage, in whatever order it comes (IN-1)."""

from pydantic import Field

from shared.contracts.base import Contract, Instant, Language, Word
from shared.contracts.people import Customer
from shared.contracts.personal import Personal


class CallStep(Word):
    """A stage of a call: 振铃, 接听, 转接 (how a queue or a transfer went), 结束, 录音就绪, 转写就绪."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ROUTED = "routed"
    ENDED = "ended"
    RECORDING = "recording"
    TRANSCRIPT = "transcript"


Seconds = Field(None, ge=0, description="seconds")


class CallStage(Contract):
    """One stage of a call (通话阶段). Everything that it does not say is None; another stage may say it.

    `answered` is what the platform says about a person: a menu that picks up is `step` answered and None here.
    `customer` is there where the stage says who called, also if the number was withheld.
    """

    stage_id: str = Field(description="equals the ce_id; the same delivery has the same")
    call_id: str = Field(description="opaque, follows from the gateway and the platform's id of the call")
    gateway: str
    platform_call_id: str = Field(description="the call as its platform names it")
    delivery_id: str = Field(description="under which intake keeps the original")
    step: CallStep
    at: Instant
    received_at: Instant
    customer: Customer | None = None
    answered: bool | None = None
    rings: int | None = Field(None, ge=0)
    wait_seconds: int | None = Seconds
    talk_seconds: int | None = Seconds
    lasted_seconds: int | None = Field(None, ge=0, description="seconds of the whole call, waiting included")
    recording_ref: str | None = None
    text: Personal | None = None
    language: Language | None = None


CALL_STAGE_REACHED = "parcelcare.call.stage-reached"
TYPES: dict[str, type[Contract]] = {CALL_STAGE_REACHED: CallStage}

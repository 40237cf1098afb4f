"""Hand-over of open cases (交接班): at the end of a shift, at sign-off, or because the agent asks for it (RO-4)."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Instant
from shared.contracts.personal import Personal

ShiftReason = Literal["shift_end", "signed_off", "asked", "woken"]
"""The agent's shift ended; they signed off; they asked for it; or what a case of theirs
waited for came while they were off."""


class HandOverNote(Contract):
    """What whoever has the case next must know (交接备注)."""

    by: str
    at: Instant
    text: Personal


class HandOver(Contract):
    """The latest hand-over of a case."""

    agent: str = Field(description="who handed it over")
    at: Instant
    reason: ShiftReason
    stays_until: Instant | None = Field(
        None, description="it waits for the customer and stays with its agent, whose next shift begins then"
    )


class HandOverNoted(Contract):
    """The handler wrote a note for whoever has the case next."""

    type: Literal["handover_noted"] = "handover_noted"
    by: str
    text: Personal


class ShiftHandedOver(Contract):
    """An agent who goes hands the case over to another, or into its group's queue, or keeps it until they are back."""

    type: Literal["shift_handed_over"] = "shift_handed_over"
    reason: ShiftReason
    agent: str = Field(description="who handed it over")
    to: Literal["agent", "queue", "stays"]
    to_agent: str | None = None
    group: str
    note: Personal | None = None

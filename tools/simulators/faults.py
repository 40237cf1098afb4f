"""Which faults a simulator shows, with which probability; from the environment (JSON) or changed while it runs."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tools.simulators.dice import draw, pick

Share = Field(default=0.0, ge=0, le=1)


class Faults(BaseModel):
    """Fields named like a fault are probabilities; `seed` makes another run of the same requests the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 1

    def shares(self) -> dict[str, float]:
        return {name: value for name, value in self.model_dump().items() if isinstance(value, float)}

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if sum(self.shares().values()) > 1:
            raise ValueError("the probabilities add up to more than 1")
        return self

    def drawn(self, *key: str) -> str | None:
        return pick(draw(self.seed, *key), self.shares())


class PaymentFaults(Faults):
    """`timeout_after_paying`: the money moves and the answer never comes. `delivered_twice`: the network repeats
    the request, and the caller sees the second answer."""

    timeout_after_paying: float = Share
    late: float = Share
    server_error: float = Share
    too_many: float = Share
    delivered_twice: float = Share
    late_seconds: int = 3


class PayoutFaults(Faults):
    """What becomes of a payout: the bank refuses, takes its time, or sends the money back afterwards."""

    pending: float = Share
    refused: float = Share
    returned: float = Share
    settle_seconds: int = 60


class MailFaults(Faults):
    """`drop_after_store`: the mail is kept but the sender never hears it, and sends again."""

    refuse: float = Share
    drop_before_store: float = Share
    drop_after_store: float = Share
    slow: float = Share
    slow_milliseconds: int = 500


class WebhookFaults(Faults):
    """`timeout_after_store`: the receiver has it, and the sender never hears that."""

    server_error: float = Share
    timeout_after_store: float = Share
    too_many: float = Share
    slow: float = Share
    slow_milliseconds: int = 500


class MediaFaults(Faults):
    """`truncated`: the line breaks in the middle of the file. `busy`, `quota`: WeChat says so in JSON, with 200.
    `expired_token`: every access token ends just before it is looked at."""

    expired_token: float = Share
    busy: float = Share
    quota: float = Share
    server_error: float = Share
    slow: float = Share
    truncated: float = Share
    slow_milliseconds: int = 500

"""How much a sender may send: a token bucket as rule files write it."""

from pydantic import BaseModel, ConfigDict, Field


class Rate(BaseModel):
    """So many deliveries per second for long, `burst` at once; per process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_second: float = Field(gt=0, le=1_000_000)
    burst: int = Field(ge=1, le=1_000_000)

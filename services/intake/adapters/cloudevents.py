"""CloudEvents 1.0 over HTTP: structured, batch and binary mode, read into one tuple of events."""

from collections.abc import Mapping
from typing import Annotated, Any, Generic, Literal, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel, Field, RootModel, ValidationError

from services.intake.adapters.edge import Edge, EdgeInstant, read_json, rejected, require_media_type

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
BINARY = "application/json"
MAX_EVENTS = 1000

D = TypeVar("D", bound=BaseModel)
T = TypeVar("T", bound=str)


class Attributes(Edge, Generic[T]):
    """What every event says of itself; `source` and `id` together name it for good."""

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, max_length=256)
    source: str = Field(min_length=1, max_length=256)
    type: T
    time: EdgeInstant | None = None


class CloudEvent(Attributes[T], Generic[T, D]):
    """An event with its data, as structured mode has it."""

    data: D


class Batch(
    RootModel[Annotated[tuple[CloudEvent[T, D], ...], Field(min_length=1, max_length=MAX_EVENTS)]], Generic[T, D]
):
    """Batch mode: all of them are taken or none."""


class Reader(Generic[T, D]):
    """Reads the three modes for one event type."""

    def __init__(self, event: type[CloudEvent[T, D]], batch: type[Batch[T, D]], data: type[D]) -> None:
        self.event = event
        self.batch = batch
        self.data = data

    def read(self, headers: Mapping[str, str], body: bytes, context: Any) -> tuple[CloudEvent[T, D], ...]:
        """Raises `Rejected` (400, 415, 422)."""
        mode = require_media_type(headers, STRUCTURED, BATCH, BINARY)
        if mode == BATCH:
            return read_json(self.batch, body, context).root
        if mode == STRUCTURED:
            return (read_json(self.event, body, context),)
        return (self._binary(headers, body, context),)

    def _binary(self, headers: Mapping[str, str], body: bytes, context: Any) -> CloudEvent[T, D]:
        attributes = {n.removeprefix("ce-"): unquote(v) for n, v in headers.items() if n.startswith("ce-")}
        data = read_json(self.data, body, context)
        try:
            return self.event.model_validate({**attributes, "data": data}, strict=False, context=context)
        except ValidationError as error:
            raise rejected(error, prefix="/headers") from None

"""Spans by the OpenTelemetry SDK, sent by OTLP over HTTP. Attributes name groups, topics, types: no person, no key."""

import time

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

NANOSECONDS = 1_000_000_000
QUEUED_SPANS = 8192
"""About a second of the busiest stage; more are dropped rather than kept in memory."""


class GivenIds(RandomIdGenerator):
    """Gives a span the ids that its context has promised to those who come after it."""

    def __init__(self) -> None:
        self.given: SpanContext | None = None

    def generate_trace_id(self) -> int:
        return self.given.trace_id if self.given else super().generate_trace_id()

    def generate_span_id(self) -> int:
        return self.given.span_id if self.given else super().generate_span_id()


def context_of(traceparent: str) -> SpanContext:
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))


def parent(traceparent: str) -> Context:
    return trace.set_span_in_context(NonRecordingSpan(context_of(traceparent)), Context())


class Spans:
    """Spans are recorded when they are over; the export has a thread of its own and never holds up a record."""

    def __init__(self, service: str, instance: str, endpoint: str) -> None:
        self._ids = GivenIds()
        resource = Resource.create({"service.name": service, "service.instance.id": instance})
        self._provider = TracerProvider(resource=resource, id_generator=self._ids)
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=QUEUED_SPANS))
        self._tracer = self._provider.get_tracer("parcelcare")

    def entered(self, name: str, given: str | None, begun: str, started_s: float, refused: str | None) -> None:
        attributes = {"parcelcare.refused": refused} if refused else {}
        self._ids.given = context_of(begun)
        try:
            span = self._tracer.start_span(
                name,
                parent(given) if given else Context(),
                kind=SpanKind.SERVER,
                attributes=attributes,
                start_time=int(started_s * NANOSECONDS),
            )
        finally:
            self._ids.given = None
        span.end(time.time_ns())

    def handled(self, group: str, traceparent: str, topic: str, type: str, outcome: str, started_s: float) -> None:
        span = self._tracer.start_span(
            group,
            parent(traceparent),
            kind=SpanKind.CONSUMER,
            attributes={
                "messaging.system": "kafka",
                "messaging.destination.name": topic,
                "messaging.consumer.group.name": group,
                "parcelcare.event.type": type,
                "parcelcare.outcome": outcome,
            },
            start_time=int(started_s * NANOSECONDS),
        )
        if outcome != "done":
            span.set_status(Status(StatusCode.ERROR, outcome))
        span.end(time.time_ns())

    def shutdown(self) -> None:
        self._provider.shutdown()

"""Structured logs, and traces over all services by W3C traceparent (SY-6)."""

import logging
import os
import time
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import structlog
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from shared.contracts.personal import Personal


def configure_logging(service: str, instance: str, level: str) -> None:
    """JSON lines on standard output; a personal value in a field is masked, even nested."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _add(service, instance),
            structlog.processors.JSONRenderer(serializer=_dump),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[_Forward()], force=True)


class _Forward(logging.Handler):
    """Lines of the libraries, as structured events like ours."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(record.levelno, "library", logger=record.name, message=record.getMessage())


def _add(service: str, instance: str) -> Any:
    def processor(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
        event["service"], event["instance"], event["pid"] = service, instance, os.getpid()
        return event

    return processor


def _dump(event: Mapping[str, Any], **_: Any) -> str:
    return orjson.dumps(event, default=_plain).decode()


def _plain(value: Any) -> str:
    return value.masked() if isinstance(value, Personal) else repr(value)


class Tracing:
    """Spans of each stage, sent by OTLP where an endpoint is configured; else only the context is passed on."""

    def __init__(self, service: str, instance: str, endpoint: str | None) -> None:
        self.enabled = bool(endpoint)
        self._provider: TracerProvider | None = None
        if endpoint:
            resource = Resource.create({"service.name": service, "service.instance.id": instance})
            self._provider = TracerProvider(resource=resource)
            exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
            self._provider.add_span_processor(BatchSpanProcessor(exporter))
            self._tracer = self._provider.get_tracer("parcelcare")

    def stage(self, name: str, traceparents: Iterable[str | None], started_s: float) -> None:
        """One finished span per traced event: from `started_s` (Unix seconds) to now."""
        if not self.enabled:
            return
        end_ns, start_ns = time.time_ns(), int(started_s * 1e9)
        for traceparent in traceparents:
            if traceparent:
                context = propagate.extract({"traceparent": traceparent})
                kind = trace.SpanKind.CONSUMER
                self._tracer.start_span(name, context, kind=kind, start_time=start_ns).end(end_ns)

    def shutdown(self) -> None:
        if self._provider is not None:
            self._provider.shutdown()


def new_traceparent() -> str:
    """A fresh, sampled trace context for an event that enters the system without one."""
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"

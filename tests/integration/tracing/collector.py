"""A small OTLP/HTTP collector: takes what the exporters send, and shows the spans as plain facts."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import uvicorn
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, str]
    seconds: float


@dataclass
class Collector:
    spans: list[Span] = field(default_factory=list)

    def __post_init__(self) -> None:
        app = Starlette(routes=[Route("/v1/traces", self._take, methods=["POST"])])
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        self._task: asyncio.Task[None] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))

    async def stop(self) -> None:
        self._server.should_exit = True
        assert self._task is not None
        await self._task

    def of(self, trace_id: str) -> list[Span]:
        return [span for span in self.spans if span.trace_id == trace_id]

    def services(self, trace_id: str) -> set[str]:
        return {span.service for span in self.of(trace_id)}

    async def _take(self, request: Request) -> Response:
        self.spans += spans_of(ExportTraceServiceRequest.FromString(await request.body()))
        return Response(media_type="application/x-protobuf")


def spans_of(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource in request.resource_spans:
        service = facts(resource.resource.attributes)["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Span(
                    service=service,
                    name=span.name,
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    attributes=facts(span.attributes),
                    seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
                )


def facts(attributes: "list[KeyValue]") -> dict[str, str]:
    return {pair.key: pair.value.string_value for pair in attributes}

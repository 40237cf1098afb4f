"""Structured logs: JSON lines with fixed names and fields, nothing personal in them (SY-5, SY-6)."""

import logging
import os
from collections.abc import Mapping
from typing import Any

import orjson
import structlog

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

"""Structured logs: JSON lines with fixed names and fields, nothing personal in them (SY-5, SY-6)."""

import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import structlog

from shared.contracts.personal import Personal

REPEATED_S = 5.0
LINES_KNOWN = 1000


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
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[Forward()], force=True)


class Forward(logging.Handler):
    """Lines of the libraries, as structured events like ours. A line that repeats (a broker is away: hundreds in a
    second) is told once in a while, with how often it came since."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        line, now = (record.name, str(record.msg)), self._monotonic()
        told_at, since = self._told.get(line, (-REPEATED_S, 0))
        if now - told_at < REPEATED_S:
            self._told[line] = (told_at, since + 1)
            return
        if len(self._told) >= LINES_KNOWN:
            self._told.clear()
        self._told[line] = (now, 0)
        repeated = {"repeated": since} if since else {}
        structlog.get_logger().log(
            record.levelno, "library", logger=record.name, message=record.getMessage(), **repeated
        )


def _add(service: str, instance: str) -> Any:
    def processor(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
        event["service"], event["instance"], event["pid"] = service, instance, os.getpid()
        return event

    return processor


def _dump(event: Mapping[str, Any], **_: Any) -> str:
    return orjson.dumps(event, default=_plain).decode()


def _plain(value: Any) -> str:
    return value.masked() if isinstance(value, Personal) else repr(value)

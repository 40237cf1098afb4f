"""Logs: lines of libraries like ours, and a flood of equal ones told once in a while (SY-6)."""

import logging

import pytest
from structlog.testing import capture_logs

from shared.telemetry import REPEATED_S, Forward


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def line(message: str, *arguments: object, logger: str = "aiokafka") -> logging.LogRecord:
    return logging.LogRecord(logger, logging.WARNING, "x.py", 1, message, arguments, None)


@pytest.mark.req("SY-6")
def test_a_flood_of_equal_lines_is_told_with_its_number() -> None:
    clock = Clock()
    forward = Forward(clock)
    with capture_logs() as told:
        for number in range(300):
            forward.emit(line("no broker at %s", number))
        clock.now += REPEATED_S
        forward.emit(line("no broker at %s", 300))
    assert [(entry["message"], entry.get("repeated")) for entry in told] == [
        ("no broker at 0", None),
        ("no broker at 300", 299),
    ]


@pytest.mark.req("SY-6")
def test_other_lines_and_other_loggers_are_told_at_once() -> None:
    forward = Forward(Clock())
    with capture_logs() as told:
        for record in (line("one"), line("two"), line("one", logger="pymongo"), line("one")):
            forward.emit(record)
    assert [(entry["logger"], entry["message"]) for entry in told] == [
        ("aiokafka", "one"),
        ("aiokafka", "two"),
        ("pymongo", "one"),
    ]
    assert all(entry["log_level"] == "warning" for entry in told)

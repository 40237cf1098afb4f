"""What the topics said, kept for judgement: the demo's observations, and every version of every case and claim."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from demo.seen.observations import TOPICS as OBSERVED
from demo.seen.observations import Observations

EXCEPTIONS = "parcel-exceptions.v1"
RAISED = "parcelcare.parcel.exception-raised"
TOPICS = (*OBSERVED, EXCEPTIONS)
VERSIONED = {"cases.v1": ("case", "case_id"), "claims.v1": ("claim", "claim_id")}

Version = tuple[str, int]
"""Aggregate id and version."""


@dataclass
class Chronicle(Observations):
    """`decided`: which events announced a version (more than one: two decisions of one state).

    `simple`: cases that began as a simple question, which is answered and not acknowledged (RO-3).

    `opened`: cases that a contact opened → whether the customer has an address that a notice can go to.
    """

    decided: dict[str, dict[Version, set[str]]] = field(default_factory=lambda: {t: {} for t in VERSIONED})
    opened: dict[str, bool] = field(default_factory=dict)
    simple: set[str] = field(default_factory=set)
    case_seen_at: dict[str, float] = field(default_factory=dict)
    case_numbers: dict[str, str] = field(default_factory=dict)
    exceptions: dict[str, set[str]] = field(default_factory=dict)
    records_of: Counter[str] = field(default_factory=Counter)
    events_of: dict[str, set[str]] = field(default_factory=dict)

    def add(self, topic: str, headers: Mapping[str, bytes], value: bytes | None, now: float) -> None:
        event_id = headers.get("ce_id", b"").decode()
        self.records_of[topic] += 1
        self.events_of.setdefault(topic, set()).add(event_id)
        if topic == EXCEPTIONS:
            self._exception(headers, value)
            return
        if topic in VERSIONED and value is not None:
            self._version(topic, event_id, orjson.loads(value), now)
        super().add(topic, headers, value, now)

    def _version(self, topic: str, event_id: str, event: Mapping[str, Any], now: float) -> None:
        inside, id_field = VERSIONED[topic]
        state = event[inside]
        self.decided[topic].setdefault((state[id_field], state["version"]), set()).add(event_id)
        if topic == "cases.v1":
            self._case_record(event, now)

    def _case_record(self, event: Mapping[str, Any], now: float) -> None:
        case = event["case"]
        self.case_numbers[case["case_id"]] = case["number"]
        for change in event["changes"]:
            interaction_id = change.get("interaction_id")
            if interaction_id:
                self.case_seen_at.setdefault(interaction_id, now)
            if change["type"] == "opened" and interaction_id:
                reachable = any(c["kind"] in ("email", "webhook") for c in case["customer"].get("contacts", ()))
                self.opened[case["case_id"]] = reachable
                if case.get("self_service"):
                    self.simple.add(case["case_id"])

    def _exception(self, headers: Mapping[str, bytes], value: bytes | None) -> None:
        if headers.get("ce_type", b"").decode() != RAISED or value is None:
            return
        raised = orjson.loads(value)
        key = f"{raised['parcel']['tracking_number']} {raised['kind']}"
        self.exceptions.setdefault(key, set()).add(raised["exception_id"])

    def repeated_records(self) -> int:
        """Records beyond the first of each event: repeats that every reader recognises by their id."""
        return sum(count - len(self.events_of[topic]) for topic, count in self.records_of.items())

    def gaps(self, topic: str) -> Iterator[str]:
        """Versions that nobody announced, though a later one was."""
        highest: dict[str, int] = {}
        for aggregate, version in self.decided[topic]:
            highest[aggregate] = max(version, highest.get(aggregate, 0))
        for aggregate, last in highest.items():
            missing = [n for n in range(1, last + 1) if (aggregate, n) not in self.decided[topic]]
            yield from (f"{aggregate} version {n}" for n in missing)

    def forks(self, topic: str) -> Iterator[str]:
        """Versions that two different events announced."""
        for (aggregate, version), events in self.decided[topic].items():
            if len(events) > 1:
                yield f"{aggregate} version {version}: {len(events)} events"

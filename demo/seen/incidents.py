"""What incidents.v1 says of each incident: when what happened, which parcels, and who was told."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from demo.seen.happenings import EXCEPTIONS, Happening

Json = Mapping[str, Any]


@dataclass
class SeenIncident:
    """`cases`: tracking number → its case; `reserved`: those whose case was not opened when they came under it.

    `told`: how often an owner was told that it begins, and that it is over.
    """

    incident: Json = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    reserved: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)

    def change(self, event: Json) -> None:
        if event["incident"]["version"] > self.incident.get("version", 0):
            self.incident = event["incident"]

    def parcel(self, event: Json) -> None:
        number = event["tracking_number"]
        if event["move"] == "over":
            self.over.add(number)
        else:
            self.cases[number] = event["case_id"]
            if event["reserved"]:
                self.reserved.add(event["case_id"])
        if event["tell"]:
            self.told[event["owner_id"], event["move"]] += 1

    def notices(self, move: str) -> int:
        return sum(count for (_, what), count in self.told.items() if what == move)


def happenings_of_incident(event: Json) -> Iterator[Happening]:
    incident, at = event["incident"], datetime.fromisoformat(event["at"])
    cause = incident["cause"]
    where = cause.get("site") or cause.get("region") or cause.get("carrier") or "全网"
    zh, en = EXCEPTIONS[cause["kind"]]
    for change in event["changes"]:
        if change["type"] == "opened":
            line = f"突发事件 {incident['number']}：{where}，{zh}；30 分钟联合响应计时"
            yield Happening(at, line, f"incident opened: {en}", 3)
        elif change["type"] == "acknowledged":
            yield Happening(at, f"突发事件 {incident['number']}：专项小组已响应", "task force at work", 3)
        elif change["type"] == "closed":
            yield Happening(at, f"突发事件 {incident['number']}：已关闭并复盘", "incident closed with a review", 3)

"""What incidents.v1 says of each incident: when what happened, which parcels, and who was told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from demo.seen.happenings import EXCEPTIONS, Happening

Json = Mapping[str, Any]


@dataclass
class SeenIncident:
    """`cases`: tracking number → its case; `reserved`: those whose case was not opened when they came under it.

    `news`: all that was said of an owner's parcels, by the version of the owner: which parcel, what became of it,
    whether the owner was told.
    """

    incident: Json = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    reserved: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    news: dict[str, list[tuple[int, str, str, bool]]] = field(default_factory=dict)

    def change(self, event: Json) -> None:
        if event["incident"]["version"] > self.incident.get("version", 0):
            self.incident = event["incident"]

    def parcel(self, event: Json) -> None:
        number, move = event["tracking_number"], event["move"]
        said = (event["owner_version"], number, move, event["tell"])
        self.news.setdefault(event["owner_id"], []).append(said)
        if move == "over":
            self.over.add(number)
        else:
            self.cases[number] = event["case_id"]
            if event["reserved"]:
                self.reserved.add(event["case_id"])

    def retold(self) -> Iterator[str]:
        """What an owner was told though they knew: that it begins with one of their parcels under it already, or that
        it is over with another one still under it, or with none."""
        for owner, news in self.news.items():
            under: set[str] = set()
            for _, number, move, tell in sorted(news):
                if move == "over":
                    known = under != {number}
                    under.discard(number)
                else:
                    known = move == "affected" and bool(under)
                    under.add(number)
                if tell and known:
                    yield f"{owner} {move}"

    def notices(self, move: str) -> int:
        """How many an owner was told that it begins (`affected`), is over, or is estimated otherwise by."""
        return sum(tell and what == move for news in self.news.values() for _, _, what, tell in news)


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

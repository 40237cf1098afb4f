"""The lead of the day: acknowledges an incident, notes what was found, and closes it with a review when it is over."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from demo.people.api import Api, Reply, Unreachable
from shared.clock import Clock

LOOKS_S = 0.8
"""Some six business minutes of the usual day: with ANSWERS_AFTER still within the half hour that is allowed."""
ANSWERS_AFTER = (4, 18)
"""Business minutes from an incident's opening to the task force's answer."""
CLOSES_BELOW = 0.1
LONGEST = timedelta(hours=7)
NOTE = "分拨中心分拣线停电，已启动备用电源并转人工分拣，预计三小时内恢复。"
REVIEW = {
    "cause": "分拣线供电故障，快件在场地滞留。",
    "remedy": "人工分拣、加开干线班次，滞留件优先发出。",
    "prevention": "加装备用电源，停机超过 15 分钟自动通报客服。",
}
Json = Mapping[str, Any]


@dataclass
class Lead:
    """`answers_at`: when each incident is acknowledged."""

    api: Api
    clock: Clock
    rng: random.Random
    counts: Counter[str]
    answers_at: dict[str, datetime] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except Unreachable:
                self.counts["desk unreachable"] += 1
            await asyncio.sleep(LOOKS_S)

    async def look(self) -> None:
        page = await self.api.get("/v1/incidents")
        for incident in page.content.get("incidents", ()):
            await self.handle(incident)

    async def handle(self, incident: Json) -> None:
        path, now = f"/v1/incidents/{incident['incident_id']}", self.clock.now()
        opened = datetime.fromisoformat(incident["opened_at"])
        if incident["status"] == "open":
            wait = timedelta(minutes=self.rng.uniform(*ANSWERS_AFTER))
            if now >= self.answers_at.setdefault(incident["incident_id"], opened + wait):
                answered = await self.act(path, "acknowledge", {}, incident["version"])
                if answered.done:
                    await self.act(path, "note", {"text": NOTE}, answered.content["version"])
            return
        shown = (await self.api.get(path)).content
        figures = shown.get("figures", {})
        few = figures.get("open_parcels", 1) <= CLOSES_BELOW * figures.get("parcels", 0)
        if few or now - opened > LONGEST:
            await self.act(path, "close", REVIEW, incident["version"])

    async def act(self, path: str, act: str, body: Json, version: int) -> Reply:
        """Somebody was faster, or time passed on it: the next look sees it anew."""
        reply = await self.api.act(f"{path}/{act}", body, f'"{version}"')
        self.counts[f"incident {act}" if reply.done else f"incident {act} refused {reply.status}"] += 1
        return reply

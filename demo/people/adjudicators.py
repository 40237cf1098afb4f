"""Adjudicators: decide what claims leaves to people; above a limit a second one confirms what the first proposed."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from demo.people.api import Api, Unreachable
from demo.people.manner import reason
from shared.clock import Clock

POLL_S = 0.5
WORK_MINUTES = (6, 25)
REJECT_SHARE, ASK_SHARE = 0.12, 0.08
ACCOUNT = "6200000000008888"
Json = Mapping[str, Any]


@dataclass
class Adjudicator:
    """`seen`: claim → revision that this person acted on; the same revision is not acted on twice. `passed`: claim →
    its line in the queue when there was nothing to do for this person; opened again when the line is another.
    """

    name: str
    api: Api
    clock: Clock
    rng: random.Random
    counts: Counter[str]
    seen: dict[str, int] = field(default_factory=dict)
    passed: dict[str, Json] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except Unreachable:
                self.counts["claims unreachable"] += 1
            await asyncio.sleep(POLL_S * self.rng.uniform(0.8, 1.2))

    async def look(self) -> None:
        page = await self.api.get("/v1/claims", state="in_review", limit=50)
        lines = [line for line in page.content.get("claims", ()) if self.passed.get(line["claim_id"]) != line]
        self.rng.shuffle(lines)
        for line in lines:
            shown = await self.api.get(f"/v1/claims/{line['claim_id']}")
            claim = shown.content
            if not shown.done:
                continue
            if self.seen.get(line["claim_id"]) != claim["revision"] and "decide" in claim["acts"]:
                await asyncio.sleep(self.rng.uniform(*WORK_MINUTES) * 60 / self.clock.rate)
                await self.decide(claim, shown.etag)
                return
            self.passed[line["claim_id"]] = line

    async def decide(self, claim: Json, etag: str) -> None:
        self.seen[claim["claim_id"]] = claim["revision"]
        path = f"/v1/claims/{claim['claim_id']}"
        if claim["proposal"] is None and "request-evidence" in claim["acts"] and self.rng.random() < ASK_SHARE:
            kinds = [kind for kind in ("packaging", "proof_of_value") if kind not in claim["evidence_required"]]
            if kinds:
                asked = await self.api.act(f"{path}/request-evidence", {"kinds": kinds[:1]}, etag)
                self.counts["evidence demanded"] += asked.done
                return
        reply = await self.api.act(f"{path}/decide", self.verdict(claim), etag)
        outcome = "decided" if reply.done else f"decision refused {reply.status}"
        self.counts[outcome] += 1
        if reply.status == 409 and not reply.done:
            rejection = {"decision": "reject", "reason": reason(self.rng, "reject", "zh")}
            again = await self.api.get(path)
            settled = await self.api.act(f"{path}/decide", rejection, again.etag)
            self.counts["decided"] += settled.done

    def verdict(self, claim: Json) -> dict[str, object]:
        """The computed award where there is one; what a colleague proposed is confirmed."""
        proposal = claim["proposal"]
        if proposal:
            kind, amount = proposal["verdict"], proposal["amount_fen"]
        else:
            kind, amount = self.own_verdict(claim)
        body: dict[str, object] = {"decision": kind, "reason": reason(self.rng, kind, "zh")}
        if kind != "reject":
            body |= {"amount_fen": amount}
            body |= {} if claim["payee"] else {"payee": ACCOUNT}
        return body

    def own_verdict(self, claim: Json) -> tuple[str, int]:
        computed = claim["award_fen"] or 0
        amount = computed or claim["claimed_fen"] // 2
        if amount <= 0 or self.rng.random() < REJECT_SHARE:
            return "reject", 0
        return ("approve" if amount >= claim["claimed_fen"] else "partly"), amount

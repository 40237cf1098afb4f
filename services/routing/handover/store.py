"""When agents' shifts end and who has signed off, beside the agents of the roster in MongoDB (RO-4)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.routing.handover.leaving import Leaving
from services.routing.roster import Roster
from shared.contracts.cases import CaseStatus
from shared.contracts.handovers import ShiftReason
from shared.messaging.handler import Conflict
from shared.mongo import Database, Session


class ShiftStore:
    """`ends_at` of an agent is the end of a shift that is still to be handed over; `left`: since when, and why, an
    agent is signed off."""

    def __init__(self, database: Database, roster: Roster) -> None:
        self._agents = database.collection("agents")
        self._cases = database.collection("cases")
        self._roster = roster

    async def begin(self, now: datetime) -> None:
        """An end that passed while nobody looked stays to be done; a shift that the roster changed ends anew."""
        await self._agents.create_index("ends_at", sparse=True)
        await self._agents.create_index("left", sparse=True)
        for agent in self._roster.agents.values():
            shift = f"{agent.shift.start}-{agent.shift.end} {agent.shift.zone.key}"
            end = agent.shift.next_end(now)
            ends: dict[str, Any] = {"$unset": {"ends_at": ""}, "$set": {"shift": shift}}
            becomes = ends if end is None else {"$set": {"shift": shift, "ends_at": end}}
            nothing_due = {"$or": [{"ends_at": {"$exists": False}}, {"ends_at": {"$gt": now}}]}
            await self._agents.update_one({"_id": agent.agent_id, "shift": {"$ne": shift}, **nothing_due}, becomes)

    async def leaving(self, now: datetime) -> list[Leaving]:
        """Whose shift has ended, and who signed off and holds what they work on none the less."""
        ended = await self._agents.find({"ends_at": {"$lte": now}}).to_list(None)
        off = await self._agents.find({"left": {"$exists": True}}).to_list(None)
        holding = await self._holding(off) if off else frozenset[str]()
        return [
            *(Leaving(row["_id"], row["ends_at"], "shift_end") for row in ended),
            *(_signed_off(row) for row in off if row["_id"] in holding),
        ]

    async def held_by(self, agent: str, session: Session) -> list[str]:
        """Ids of the cases in the agent's hands."""
        return [row["_id"] async for row in self._cases.find({"held_by": agent}, {"_id": 1}, session=session)]

    async def sign_off(self, leaving: Leaving, session: Session) -> None:
        """Away until `back`, and written down before anything is handed over: a kill in between forgets nothing."""
        left = {"at": leaving.at, "reason": leaving.reason}
        await self._agents.update_one({"_id": leaving.agent}, {"$set": {"away": True, "left": left}}, session=session)

    async def done(self, leaving: Leaving, session: Session) -> None:
        """The end of the shift is handed over. Raises `Conflict` where another process said so already."""
        agent = self._roster.agents.get(leaving.agent)
        end = agent.shift.next_end(leaving.at) if agent else None
        becomes: dict[str, Any] = {"$set": {"ends_at": end}} if end else {"$unset": {"ends_at": ""}}
        wanted = {"_id": leaving.agent, "ends_at": leaving.at}
        if (await self._agents.update_one(wanted, becomes, session=session)).matched_count != 1:
            raise Conflict("the end of a shift was handed over meanwhile")

    async def _holding(self, off: Sequence[dict[str, Any]]) -> frozenset[str]:
        """Those of them with a case that is worked on; one that waits for its customer may stay, but for who asked."""
        asked = [row["_id"] for row in off if row["left"]["reason"] == "asked"]
        worked_on = {"held_by": {"$in": [row["_id"] for row in off]}, "status": CaseStatus.ASSIGNED.value}
        waiting = {"held_by": {"$in": asked}, "status": CaseStatus.WAITING_CUSTOMER.value}
        wanted = {"$or": [worked_on, waiting]}
        return frozenset([row["held_by"] async for row in self._cases.find(wanted, {"held_by": 1})])


def _signed_off(row: dict[str, Any]) -> Leaving:
    reason: ShiftReason = row["left"]["reason"]
    return Leaving(row["_id"], row["left"]["at"], reason)

"""Cases and the load of agents in MongoDB: one query to load a batch, one bulk write to save it."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import IndexModel, InsertOne, ReplaceOne

from services.routing.assignment import Queued, Workload
from services.routing.case_row import Document, age, document, queued_of, state_of
from services.routing.legal.register import Entry, entries
from services.routing.legal.store import Register
from services.routing.roster import Roster
from services.routing.state import CaseState
from shared.contracts.cases import Case, CaseStatus
from shared.contracts.people import Channel
from shared.messaging.handler import Conflict
from shared.mongo import Database, Session

Span = tuple[str, str]

PRIORITIES = (1, 2, 3, 4)
_QUEUE = [("group", 1), ("status", 1), ("priority", 1), ("opened_at", 1)]
_QUEUED = {
    "group": 1,
    "priority": 1,
    "opened_at": 1,
    "channel": 1,
    "language": 1,
    "tags": 1,
    "kind": 1,
    "preferred": 1,
    "declined": 1,
}
OLDEST = 40
"""Of a long queue: so many of each priority, and at peak of what may wait and what may not."""


class CaseStore:
    """One document per case: the case itself as JSON, and beside it what is searched or planned with."""

    def __init__(self, database: Database, roster: Roster) -> None:
        self._cases = database.collection("cases")
        self._agents = database.collection("agents")
        self._register = Register(database)
        self._roster = roster

    async def create_indexes(self) -> None:
        await self._cases.create_indexes(
            [
                IndexModel("open_keys", name="open_keys", unique=True, sparse=True),
                IndexModel("next_due", name="next_due", sparse=True),
                IndexModel(_QUEUE, name="queue"),
                # Few cases wait for a file: the index holds nothing else.
                IndexModel("awaited_media", name="awaited_media", sparse=True),
                IndexModel("held_by", name="held_by", sparse=True),
                # Open cases alone.
                IndexModel("customer", name="customer", sparse=True),
                IndexModel("opened_at", name="opened_at"),
                IndexModel("order_wanted", name="order_wanted", sparse=True),
                IndexModel("disputed_at", name="disputed_at", sparse=True),
                # Open cases with an exception that no incident explains: few, and gone with the case.
                IndexModel([("loose.kind", 1), ("loose.at", 1)], name="loose", sparse=True),
            ]
        )

    async def enrol(self) -> None:
        """Bring the agents of the roster into the collection; who is away stays away."""
        for agent in self._roster.agents.values():
            known = {"name": agent.name, "groups": sorted(agent.groups), "skills": sorted(agent.skills)}
            terms = {"languages": sorted(agent.languages), "capacity": agent.capacity}
            await self._agents.update_one({"_id": agent.agent_id}, {"$set": {**known, **terms}}, upsert=True)

    async def concerned(
        self,
        ids: Sequence[str],
        session: Session,
        keys: Sequence[str] = (),
        spans: Sequence[Span] = (),
        media: Sequence[str] = (),
    ) -> list[CaseState]:
        """The cases of these ids, those that hold one of these keys, those whose ids lie in one of these spans, and
        those that wait for one of these media."""
        wanted: list[Document] = [{"_id": {"$in": list(ids)}}] if ids else []
        if keys:
            wanted.append({"open_keys": {"$in": list(keys)}})
        if media:
            wanted.append({"awaited_media": {"$in": list(media)}})
        wanted += [{"_id": {"$gte": first, "$lt": end}} for first, end in spans]
        if not wanted:
            return []
        found = self._cases.find(wanted[0] if len(wanted) == 1 else {"$or": wanted}, session=session)
        return [state_of(row) for row in await found.to_list(None)]

    async def get(self, case_id: str, session: Session | None = None) -> CaseState | None:
        """None also for a case that is only reserved: nobody was told of it yet."""
        row = await self._cases.find_one({"_id": case_id}, session=session)
        return None if row is None or row.get("reserved") else state_of(row)

    async def due(self, now: datetime, limit: int, session: Session) -> list[CaseState]:
        """The cases on which something has fallen due, the longest overdue first."""
        found = self._cases.find({"next_due": {"$lte": now}}, session=session).sort("next_due", 1).limit(limit)
        return [state_of(row) for row in await found.to_list(limit)]

    async def any_due(self, now: datetime) -> bool:
        return await self._cases.find_one({"next_due": {"$lte": now}}, {"_id": 1}) is not None

    async def any_queued(self) -> bool:
        wanted = {"group": {"$in": sorted(self._roster.groups)}, "status": CaseStatus.QUEUED.value}
        return await self._cases.find_one(wanted, {"_id": 1}) is not None

    async def queued(self, group: str, limit: int, may_wait: Mapping[Channel, Sequence[int]]) -> list[Queued]:
        """A group's queue as the assigner sees it: all of a short one; of a long one the oldest of each priority,
        and those that may wait for themselves, so that they don't hide the others."""
        wanted = {"group": group, "status": CaseStatus.QUEUED.value}
        found = await self._cases.find(wanted, _QUEUED).limit(limit).to_list(limit)
        if len(found) < limit:
            return [queued_of(row) for row in found]
        rows: dict[str, Document] = {}
        for priority in PRIORITIES:
            patient = [channel.value for channel, waiting in may_wait.items() if priority in waiting]
            for channels in ({"$nin": patient}, {"$in": patient}) if patient else (None,):
                asked = {**wanted, "priority": priority} | ({"channel": channels} if channels else {})
                oldest = self._cases.find(asked, _QUEUED).sort("opened_at", 1).limit(OLDEST)
                rows |= {row["_id"]: row for row in await oldest.to_list(OLDEST)}
        return [queued_of(row) for row in rows.values()]

    async def arrived(self, since: datetime) -> dict[Channel, int]:
        """How many cases were opened since then, by channel."""
        stages: list[Document] = [
            {"$match": {"opened_at": {"$gte": since}}},
            {"$group": {"_id": "$channel", "number": {"$sum": 1}}},
        ]
        return {Channel(row["_id"]): row["number"] async for row in self._cases.aggregate(stages, hint="opened_at")}

    async def wanting_orders(self, limit: int) -> list[str]:
        """Cases whose dispute wants something of its work orders."""
        found = self._cases.find({"order_wanted": {"$exists": True}}, {"_id": 1}).hint("order_wanted").limit(limit)
        return [row["_id"] for row in await found.to_list(limit)]

    async def disputes_by_area(self, since: datetime) -> dict[str, int]:
        """How many disputes about who signed began since then, by area; those without a known area are left out."""
        stages: list[Document] = [
            {"$match": {"disputed_at": {"$gte": since}, "dispute_area": {"$exists": True}}},
            {"$group": {"_id": "$dispute_area", "number": {"$sum": 1}}},
        ]
        return {row["_id"]: row["number"] async for row in self._cases.aggregate(stages, hint="disputed_at")}

    def enrolled(self, agent: str) -> bool:
        return agent in self._roster.agents

    async def set_away(self, agent: str, away: bool) -> None:
        """Whether the agent is to be given anything; who is back is not signed off any more."""
        becomes: Document = {"$set": {"away": away}}
        await self._agents.update_one({"_id": agent}, becomes if away else becomes | {"$unset": {"left": ""}})

    async def shown(self, case_id: str) -> tuple[int, str] | None:
        """Its version, and the case as JSON, as it is stored; None as in `get`."""
        row = await self._cases.find_one({"_id": case_id, "reserved": {"$exists": False}}, {"version": 1, "case": 1})
        return None if row is None else (row["version"], row["case"])

    async def listed(self, groups: Sequence[str], statuses: Sequence[CaseStatus], limit: int, skip: int) -> list[str]:
        """Cases of groups and statuses as JSON, the most urgent and oldest first."""
        wanted = {"group": {"$in": list(groups)}, "status": {"$in": [status.value for status in statuses]}}
        return await self._page(wanted, limit, skip)

    async def listed_of(self, agent: str, limit: int, skip: int) -> list[str]:
        """Cases in the agent's hands as JSON, the most urgent and oldest first."""
        return await self._page({"held_by": agent}, limit, skip)

    async def _page(self, wanted: Document, limit: int, skip: int) -> list[str]:
        """Read and written again they would cost more than all else that an agent's look at the queue does."""
        found = self._cases.find(wanted, {"case": 1}).sort([("priority", 1), ("opened_at", 1)]).skip(skip).limit(limit)
        return [row["case"] for row in await found.to_list(limit)]

    async def held_by(self, agent: str) -> list[Case]:
        """The cases in the agent's hands, the most urgent and oldest first."""
        cases = [state_of(row).case async for row in self._cases.find({"held_by": agent})]
        return sorted(cases, key=lambda case: (case.classification.priority, case.opened_at))

    async def open_of(self, customers: Sequence[str]) -> list[str]:
        """Ids of the open cases of these customer ids."""
        found = self._cases.find({"customer": {"$in": list(customers)}}, {"_id": 1}).hint("customer")
        return [row["_id"] for row in await found.to_list(None)]

    async def workloads(self) -> list[Workload]:
        """The agents of the roster with what they hold. Read from the cases themselves: counts kept beside them would
        be written by everything that happens, and hold everything up."""
        loads = await self._loads()
        wanted = {"_id": {"$in": sorted(self._roster.agents)}}
        rows = await self._agents.find(wanted, {"since": 1, "away": 1}).to_list(None)
        return [
            Workload(self._roster.agents[row["_id"]], loads[row["_id"]], row.get("since"), row.get("away", False))
            for row in rows
        ]

    async def _loads(self) -> Counter[str]:
        """The points that each agent's cases weigh."""
        by_kind = {"agent": "$held_by", "channel": "$channel", "status": "$status"}
        stages: list[Document] = [
            {"$match": {"held_by": {"$exists": True}}},
            {"$group": {"_id": by_kind, "number": {"$sum": 1}}},
        ]
        loads: Counter[str] = Counter()
        async for row in self._cases.aggregate(stages, hint="held_by"):
            kind = row["_id"]
            weight = self._roster.weight(Channel(kind["channel"]), CaseStatus(kind["status"]))
            loads[kind["agent"]] += weight * row["number"]
        return loads

    async def was_given(self, agents: Collection[str], now: datetime) -> None:
        """When each got the last case from the queue: fairness goes by it."""
        await self._agents.update_many({"_id": {"$in": sorted(agents)}}, {"$set": {"since": now}})

    async def save(self, changed: Mapping[str, CaseState], loaded: Mapping[str, CaseState], session: Session) -> None:
        """Write the states; raises `Conflict` where one was written by somebody else since it was loaded."""
        if not changed:
            return
        old = [
            ReplaceOne({"_id": case_id, "version": loaded[case_id].stored_version}, document(state))
            for case_id, state in changed.items()
            if case_id in loaded
        ]
        new = [InsertOne(document(state)) for case_id, state in changed.items() if case_id not in loaded]
        result = await self._cases.bulk_write([*old, *new], ordered=True, session=session)
        if result.matched_count != len(old):
            raise Conflict("a case was changed meanwhile")
        await self._register.write(_register_entries(changed, loaded), session)

    async def restore(self, states: Iterable[CaseState]) -> None:
        """Write those that are newer than what stands there, while nobody else writes."""
        newest = {state.case.case_id: state for state in sorted(states, key=age)}
        rows = self._cases.find({"_id": {"$in": list(newest)}})
        known = {row["_id"]: age(state_of(row)) for row in await rows.to_list(None)}
        newer = {i: state for i, state in newest.items() if i not in known or age(state) > known[i]}
        writes = [ReplaceOne({"_id": i}, document(state), upsert=True) for i, state in newer.items()]
        if writes:
            await self._cases.bulk_write(writes, ordered=False)

    async def loose(self, cell: Mapping[str, Any], since: datetime, limit: int) -> list[str]:
        """Ids of open cases whose exception was detected since then, and that are under no incident; `cell`: a
        filter on kind, carrier and site."""
        wanted = {"loose.at": {"$gte": since}, **{f"loose.{name}": value for name, value in cell.items()}}
        return [row["_id"] for row in await self._cases.find(wanted, {"_id": 1}).limit(limit).to_list(limit)]


def _register_entries(changed: Mapping[str, CaseState], loaded: Mapping[str, CaseState]) -> Iterator[Entry]:
    for case_id, state in changed.items():
        before = loaded.get(case_id)
        yield from entries(before.case if before else None, state.case)

"""Puts key accounts by volume into a routing process: orders that are counted, marks, and open cases (RO-5)."""

from typing import Any

from services.routing.alias_store import AliasStore
from services.routing.desk import Desk
from services.routing.key_accounts.handlers import OrderHandler
from services.routing.key_accounts.recount import Recount
from services.routing.key_accounts.retarget import Retarget
from services.routing.key_accounts.store import VolumeStore
from shared.contracts.topics import ORDER_EVENTS
from shared.messaging.message import Incoming
from shared.mongo import Database
from shared.service import Runtime

ORDERS_GROUP = "routing-orders"
PACE_S = 0.25
"""Nobody waits for a count: batches come four times a second at most."""
EVERY_S = 2.0


def attach(runtime: Runtime, desk: Desk, aliases: AliasStore, volumes: VolumeStore, batches: Database) -> None:
    rules = desk.rules.key_accounts

    def concerns(incoming: Incoming[Any]) -> bool:
        return incoming.event.stage in rules.stages and bool(incoming.event.tracking_numbers)

    recount = Recount(runtime.database, aliases, volumes, rules, runtime.clock)
    retarget = Retarget(batches, desk.cases, aliases, recount, runtime.outbox, desk.rules, runtime.clock)
    runtime.on_start(volumes.create_indexes)
    runtime.on_start(aliases.create_indexes)
    handler = OrderHandler(volumes, rules, runtime.clock)
    runtime.consume(ORDER_EVENTS, group=ORDERS_GROUP, handler=handler, concerns=concerns, pace_s=PACE_S)
    runtime.every("key-accounts", EVERY_S, retarget.look)

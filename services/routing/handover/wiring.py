"""Puts hand-over into a routing process: the look at the shifts, and the agents' interface."""

from services.routing.assigner import Assigner
from services.routing.desk import Desk
from services.routing.handover.api import routes
from services.routing.handover.shifts import Shifts
from services.routing.handover.store import ShiftStore
from services.routing.settings import Settings
from shared.mongo import Database
from shared.security.tokens import TokenVerifier
from shared.service import Runtime


def attach(runtime: Runtime, settings: Settings, desk: Desk, assigner: Assigner, batches: Database) -> None:
    store = ShiftStore(runtime.database, desk.rules.roster)
    shifts = Shifts(batches, desk.cases, store, assigner, runtime.outbox, desk.rules, runtime.clock)
    runtime.on_start(shifts.begin)
    runtime.every("shifts", settings.timer_interval_s, shifts.look)
    runtime.mount(routes(desk, shifts, TokenVerifier.from_settings(settings)))

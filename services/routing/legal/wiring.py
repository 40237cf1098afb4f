"""Puts the register of legal deadlines into a routing process: claims that start windows, and the interface."""

from services.routing.desk import Desk
from services.routing.handlers import CaseHandler
from services.routing.legal.api import routes
from services.routing.legal.claim_news import SOURCE, concerns
from services.routing.legal.store import Register
from services.routing.settings import Settings
from shared.mongo import Database
from shared.security.tokens import TokenVerifier
from shared.service import Runtime

CLAIMS_GROUP = "routing-claims"
PACE_S = 0.25
"""Nobody waits for a window of years: batches come four times a second at most."""


def attach(runtime: Runtime, settings: Settings, desk: Desk, handler: CaseHandler, batches: Database) -> None:
    register = Register(runtime.database)
    runtime.on_start(register.create_indexes)
    runtime.consume(SOURCE, group=CLAIMS_GROUP, handler=handler, concerns=concerns, pace_s=PACE_S, database=batches)
    runtime.mount(routes(desk, register, desk.rules.calendar.legal, TokenVerifier.from_settings(settings)))

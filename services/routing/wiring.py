"""Puts the case part of routing into a runtime: consumers, periodic work, the agents' interface, indicators."""

from services.routing import rule_files
from services.routing.alias_store import AliasStore
from services.routing.api import routes
from services.routing.assigner import Assigner
from services.routing.desk import Desk
from services.routing.handlers import AliasHandler, CaseHandler
from services.routing.handover import wiring as handover
from services.routing.incidents import wiring as incidents
from services.routing.incidents.store import IncidentStore
from services.routing.indicators import CatchAlls
from services.routing.key_accounts import wiring as key_accounts
from services.routing.key_accounts.store import VolumeStore
from services.routing.legal import wiring as legal
from services.routing.pairs import api as pairs
from services.routing.pairs.coordinator import Uniter
from services.routing.pairs.doubts import Doubts
from services.routing.presence import api as presence
from services.routing.settings import Settings
from services.routing.store import CaseStore
from services.routing.timers import Timers
from services.routing.workorders import wiring as work_orders
from shared.contracts.topics import CUSTOMERS, INTERACTIONS, PARCEL_EXCEPTIONS, SURVEY_ANSWERS
from shared.security.tokens import TokenVerifier
from shared.service import Runtime

CONTACTS_GROUP = "routing-contacts"
EXCEPTIONS_GROUP = "routing-exceptions"
CUSTOMERS_GROUP = "routing-customers"
SURVEYS_GROUP = "routing-surveys"
UNITING_S = 1.0
CUSTOMERS_PACE_S = 0.25


def attach(runtime: Runtime, settings: Settings) -> None:
    """Raises `RuleError` where a rule file can't be used: the service does not start on wrong rules."""
    rules = rule_files.load(settings.rules_dir, runtime.clock.now().date(), settings.model_dir)
    store = CaseStore(runtime.database, rules.roster)
    parts = (store, runtime.outbox, rules, runtime.clock)
    batches = runtime.database.in_turns()
    desk = Desk(batches, *parts)
    aliases = AliasStore(runtime.database)
    volumes = VolumeStore(runtime.database)
    incident_rules = incidents.load_rules(settings, rules)
    incident_store = IncidentStore(runtime.database, incident_rules)
    doubts = Doubts(runtime.database)
    handler = CaseHandler(store, aliases, incident_store, rules, runtime.clock, doubts)
    for start in (store.create_indexes, store.enrol, desk.create_indexes, doubts.create_indexes):
        runtime.on_start(start)
    runtime.consume(INTERACTIONS, group=CONTACTS_GROUP, handler=handler, database=batches)
    runtime.consume(PARCEL_EXCEPTIONS, group=EXCEPTIONS_GROUP, handler=handler, database=batches)
    runtime.consume(SURVEY_ANSWERS, group=SURVEYS_GROUP, handler=handler, database=batches)
    aliasing = AliasHandler(aliases, volumes, doubts, rules)
    runtime.consume(CUSTOMERS, group=CUSTOMERS_GROUP, handler=aliasing, pace_s=CUSTOMERS_PACE_S)
    runtime.every("uniting", UNITING_S, Uniter(batches, *parts, aliases, doubts).settle_due)
    runtime.every("timers", settings.timer_interval_s, Timers(batches, *parts).fire_all)
    assigner = Assigner(batches, *parts)
    runtime.every("assigner", settings.assign_interval_s, assigner.assign)
    verifier = TokenVerifier.from_settings(settings)
    runtime.mount([*routes(desk, verifier), *pairs.routes(desk, verifier)])
    runtime.mount(presence.routes(store, assigner, verifier))
    runtime.registry.register(CatchAlls(rules))
    handover.attach(runtime, settings, desk, assigner, batches)
    key_accounts.attach(runtime, desk, aliases, volumes, batches)
    legal.attach(runtime, settings, desk, handler, batches)
    work_orders.attach(runtime, settings, desk, batches)
    incidents.attach(runtime, settings, desk, aliases, incident_store, incident_rules, batches)

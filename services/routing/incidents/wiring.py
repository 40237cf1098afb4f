"""Puts incidents into a routing process: the table, the watch, the desk's interface."""

from services.routing import playbook_file
from services.routing.alias_store import AliasStore
from services.routing.desk import Desk
from services.routing.incidents import rule_file
from services.routing.incidents.api import IncidentApi
from services.routing.incidents.coordinator import Coordinator
from services.routing.incidents.rules import IncidentRules
from services.routing.incidents.store import IncidentStore
from services.routing.incidents.watch import Watch
from services.routing.rules import Rules
from services.routing.settings import Settings
from shared.mongo import Database
from shared.security.tokens import TokenVerifier
from shared.service import Runtime

LOOK_EVERY_S = 1.0
"""The joint response has minutes; a look reads the counts of hours."""


def load_rules(settings: Settings, rules: Rules) -> IncidentRules:
    """Raises `RuleError`; task forces name groups of the roster and departments of the playbook."""
    today = settings.clock.now().date()
    departments = playbook_file.load(settings.rules_dir / "playbook", today).departments
    return rule_file.load(settings.rules_dir, rules.roster.groups, departments, today)


def attach(
    runtime: Runtime, settings: Settings, desk: Desk, aliases: AliasStore, store: IncidentStore, rules: IncidentRules,
    batches: Database,
) -> None:  # fmt: skip
    coordinator = Coordinator(runtime.database, desk.cases, store, runtime.outbox, desk.rules, rules, runtime.clock)
    watch = Watch(batches, desk.cases, aliases, runtime.outbox, desk.rules, coordinator)
    runtime.on_start(coordinator.create_indexes)
    runtime.every("incidents", LOOK_EVERY_S, watch.look)
    runtime.mount(IncidentApi(coordinator, desk, TokenVerifier.from_settings(settings)).routes())

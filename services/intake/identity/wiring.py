"""Joins who-is-who to a running intake: its group, its store, and the routes for people of ours."""

from services.intake.identity.api import Customers, routes
from services.intake.identity.desk import IdentityDesk
from services.intake.identity.handlers import IdentityHandler
from services.intake.identity.rules import identity_rules
from services.intake.identity.store import IdentityStore
from services.intake.settings import Settings
from shared.contracts.topics import INTERACTIONS, ORDER_EVENTS
from shared.security.identity import IdentityKey
from shared.security.tokens import TokenVerifier
from shared.service import Runtime

GROUP = "intake-identity"
PACE_S = 0.5
"""Nobody waits for it: a contact goes on without."""


def join_identity(runtime: Runtime, settings: Settings, key: IdentityKey, verifier: TokenVerifier) -> None:
    """Raises `lined_yaml.RuleFileError` where identity.yaml is wrong."""
    rules = identity_rules()
    nobodys = frozenset(key.customer_id(phone_e164=row.number) for row in rules.nobodys)
    store = IdentityStore(runtime.database, settings.reference_days)
    desk = IdentityDesk(runtime.database, store, runtime.outbox, rules, runtime.clock)
    runtime.on_start(store.create_indexes)
    runtime.consume(
        INTERACTIONS,
        ORDER_EVENTS,
        group=GROUP,
        handler=IdentityHandler(store, rules, key, nobodys, runtime.clock.now),
        pace_s=PACE_S,
    )
    runtime.mount(routes(Customers(store, desk, key, verifier, rules.shared.most_of_one_kind)))

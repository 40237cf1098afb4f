"""The claims service: the only place that builds its clients and wires them."""

from starlette.types import ASGIApp

from services.claims import case_news
from services.claims.acts import Acts
from services.claims.api import ClaimsApi
from services.claims.deadlines import Deadlines
from services.claims.handlers import CasesHandler
from services.claims.indicators import Indicators
from services.claims.payer import Payer, aggregate_of
from services.claims.payments import HttpPayments
from services.claims.rulebook import load
from services.claims.settings import Settings
from services.claims.store import ClaimStore
from shared.contracts.topics import PAYMENT_REQUESTS
from shared.messaging.retry import RetryPolicy
from shared.security.tokens import TokenVerifier
from shared.service import Runtime

PACE_S = 0.25
"""Nobody waits for a claim's opening within a moment."""
# A provider may be down for hours; four of them pass before an order becomes a dead letter.
PAYMENT_RETRIES = RetryPolicy(first_s=0.5, longest_s=300.0, max_attempts=60)


def create_app(settings: Settings) -> ASGIApp:
    """Raises `RuleError` where a rule file can't be used: the service does not start with bad rules."""
    runtime = Runtime("claims", settings)
    book = load(settings.claims_rules_dir)
    book.at(runtime.clock.now())
    store = ClaimStore(runtime.database)
    payments = HttpPayments(
        settings.payment_url, settings.payment_key, settings.payment_timeout_s, settings.payment_parallel
    )
    runtime.on_stop(payments.close)
    indicators = Indicators(runtime.registry)
    cases = CasesHandler(store, book, runtime.clock, indicators)
    payer = Payer(store, payments, book, runtime.clock, indicators)
    deadlines = Deadlines(store, payments, book, runtime.clock, runtime.database, runtime.outbox)
    acts = Acts(store, book, runtime.clock, runtime.database, runtime.outbox)

    runtime.on_start(store.create_indexes)
    runtime.consume(case_news.SOURCE, group="claims", handler=cases, concerns=cases.concerns, pace_s=PACE_S)
    runtime.consume_effect(
        PAYMENT_REQUESTS,
        group="claims-payer",
        aggregate_of=aggregate_of,
        perform=payer.perform,
        policy=PAYMENT_RETRIES,
    )
    runtime.every("deadlines", settings.due_interval_s, deadlines.run)
    runtime.mount(ClaimsApi(store, acts, TokenVerifier.from_settings(settings)).routes())
    return runtime.app()

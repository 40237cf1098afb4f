"""The metrics service, wired: count what the others report, show it to Prometheus and to people."""

from datetime import UTC, datetime

from starlette.types import ASGIApp

from services.metrics.api import routes
from services.metrics.deadletters import DeadLetterReader
from services.metrics.exporter import IndicatorCollector
from services.metrics.handlers import CountEvents
from services.metrics.lag import OffsetReader
from services.metrics.settings import MetricsSettings
from services.metrics.sources import GROUP, SOURCES
from services.metrics.store import Figures
from services.metrics.watch import Watch
from shared.contracts.topics import DEAD_LETTERS
from shared.security.tokens import TokenVerifier
from shared.service import Runtime

PACE_S = 0.5
"""Figures are looked at every few seconds."""


def create_app(settings: MetricsSettings) -> ASGIApp:
    runtime = Runtime("metrics", settings)
    figures = Figures(runtime.database, settings.instance, settings.history_days)
    runtime.on_start(figures.create_indexes)
    runtime.consume(*SOURCES, group=GROUP, handler=CountEvents(figures), pace_s=PACE_S)

    security = runtime.kafka_security
    offsets = OffsetReader(settings.kafka_bootstrap_servers, settings.group_prefix, settings.lag_interval_s, security)
    letters = DeadLetterReader(settings.kafka_bootstrap_servers, settings.topic_prefix + DEAD_LETTERS.name, security)
    watch = Watch(figures, offsets, letters, settings.topic_prefix, lambda: datetime.now(UTC))
    runtime.every("offsets", 1.0, offsets.follow, leader=False)
    runtime.every("dead-letters", 1.0, letters.follow, leader=False)
    runtime.every("snapshot", settings.refresh_s, watch.refresh, leader=False)
    runtime.every("settle", settings.settle_s, figures.settle)

    runtime.registry.register(IndicatorCollector(lambda: watch.snapshot, runtime.clock.now))
    runtime.mount(routes(watch, figures, TokenVerifier.from_settings(settings), runtime.clock.now))
    return runtime.app()

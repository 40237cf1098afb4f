"""Puts the parcel state into a routing process: consumer, timers, restore, and the question where a parcel is."""

from datetime import timedelta
from pathlib import Path

from services.routing.parcels.api import parcel_routes
from services.routing.parcels.messages import ParcelFold
from services.routing.parcels.reading import events_parser
from services.routing.parcels.rules import RuleBook
from services.routing.parcels.tables import DIRECTORY
from shared.contracts import topics
from shared.messaging.partition_state.changelog import KafkaChangelog
from shared.messaging.partition_state.metrics import StateMetrics
from shared.messaging.partition_state.owner import PartitionOwner, Timing
from shared.messaging.partition_state.source import KafkaSource
from shared.security.tokens import TokenVerifier
from shared.service import Runtime
from shared.settings import CommonSettings

GROUP = "routing-parcels"
TIMER_INTERVAL_S = 1.0
GRACE_S = 5.0
"""Real seconds that an event may need from intake's clock to Kafka."""
PACE_S = 0.2
"""A batch costs the broker as much for one scan as for a hundred, and nobody waits a moment for one; after a full batch
the next is taken at once."""


def attach(runtime: Runtime, settings: CommonSettings, rules: Path = DIRECTORY) -> PartitionOwner:
    """Raises `RuleError` where a rule file is wrong, before anything is read."""
    client_id = f"parcelcare-parcels-{settings.instance}"
    servers, prefix = settings.kafka_bootstrap_servers, settings.topic_prefix
    security = runtime.kafka_security
    changelog = KafkaChangelog(servers, prefix + topics.PARCEL_STATE.name, client_id, security)
    group = settings.group_prefix + GROUP
    source = KafkaSource(servers, prefix + topics.PARCEL_EVENTS.name, group, client_id, security)
    owner = PartitionOwner(
        ParcelFold(RuleBook(rules)),
        changelog,
        source,
        runtime.publisher,
        directory=settings.state_dir / "parcels",
        instance=settings.instance,
        timing=Timing(runtime.clock.now, timedelta(seconds=GRACE_S) * runtime.clock.rate),
        metrics=StateMetrics(runtime.registry, "parcel"),
    )
    for start, stop in ((changelog.start, changelog.stop), (source.start, source.stop)):
        runtime.on_start(start)
        runtime.on_stop(stop)
    runtime.on_stop(owner.close)
    parser = owner.watching(events_parser(GROUP))
    runtime.consume_partitioned(topics.PARCEL_EVENTS, group=GROUP, processor=owner, parser=parser, pace_s=PACE_S)
    runtime.every("parcel-timers", TIMER_INTERVAL_S, owner.fire_due, leader=False)
    runtime.mount(parcel_routes(owner, TokenVerifier.from_settings(settings)))
    return owner

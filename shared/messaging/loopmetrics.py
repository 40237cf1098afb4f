"""The loop's own indicators, one closed list: what FastStream's middleware does not count (ME-1)."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LATENCY_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 5, 15, 60, 300, 1800)


class LoopMetrics:
    """Shared by all consumers of a process; every label is a group, a topic, a partition or a reason class."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.records = Counter(
            "parcelcare_consumed_records", "Records read, by group and topic", ["group", "topic"], registry=registry
        )
        self.published = Counter(
            "parcelcare_published_records", "Messages published, by group", ["group"], registry=registry
        )
        self.dead = Counter(
            "parcelcare_consumer_dead_letters",
            "Records sent to the dead letters, by group",
            ["group"],
            registry=registry,
        )
        self.skipped = Counter("parcelcare_skipped_records", "Records of unknown type", ["group"], registry=registry)
        self.parked = Gauge(
            "parcelcare_parked_records", "Records waiting to be tried again", ["group"], registry=registry
        )
        self.batch_seconds = Histogram(
            "parcelcare_batch_seconds",
            "Time from reading a batch to its commit",
            ["group"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.stage_seconds = Histogram(
            "parcelcare_stage_latency_seconds",
            "Time from a record's writing to the commit of its batch (oldest record of each batch)",
            ["group"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.commit_failures = Counter(
            "parcelcare_commit_failures", "Offset commits that failed", ["group"], registry=registry
        )
        self.lag = Gauge(
            "parcelcare_consumer_lag_records",
            "Records behind the end of the partition, as this process sees it",
            ["group", "topic", "partition"],
            registry=registry,
        )
        self.running = Gauge(
            "parcelcare_consumer_running",
            "1 while the consumer reads, 0 when it was stopped",
            ["group"],
            registry=registry,
        )

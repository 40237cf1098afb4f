"""What an SRE sees of the partitioned stores of a process (ME-1)."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class StateMetrics:
    """One per store and process."""

    def __init__(self, registry: CollectorRegistry, store: str) -> None:
        self.partitions = Gauge(
            f"parcelcare_{store}_partitions", "Partitions whose state is open here", registry=registry
        )
        self.changes = Counter(f"parcelcare_{store}_changes", "States changed by events and timers", registry=registry)
        self.fired = Counter(f"parcelcare_{store}_timers", "States whose timers fired", registry=registry)
        self.restored = Counter(
            f"parcelcare_{store}_restored_records", "Changelog records read to restore", registry=registry
        )
        self.repaired = Counter(
            f"parcelcare_{store}_stale_records",
            "Late changelog records of a former owner that were superseded again",
            registry=registry,
        )
        self.restore_seconds = Histogram(
            f"parcelcare_{store}_restore_seconds",
            "Time to open a partition's state and bring it up to its changelog",
            buckets=(0.1, 0.3, 1, 3, 10, 30, 100),
            registry=registry,
        )

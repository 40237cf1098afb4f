"""The service's own Prometheus indicators: one closed list; labels are kinds and results, never people."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Indicators:
    """Made once per process, on the runtime's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.deliveries = Counter(
            "parcelcare_notify_deliveries",
            "Tries to deliver a notice, by result",
            ["channel", "result"],
            registry=registry,
        )
        self.delivery_seconds = Histogram(
            "parcelcare_notify_delivery_seconds",
            "Real time of one delivery",
            ["channel"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=registry,
        )
        self.unreachable = Counter(
            "parcelcare_notify_unreachable",
            "Changes of which nobody could be told, for want of an address",
            registry=registry,
        )
        self.pushes = Counter(
            "parcelcare_notify_pushes",
            "Tries to push something to staff or a partner, by result",
            ["way", "result"],
            registry=registry,
        )
        self.unreached = Counter(
            "parcelcare_notify_push_unreached",
            "Pushes whose last way was refused: the person was not told",
            registry=registry,
        )
        self.page_watchers = Gauge(
            "parcelcare_notify_page_watchers",
            "Open live connections of progress pages",
            registry=registry,
        )
        self.page_views = Counter("parcelcare_notify_page_views", "Progress pages shown", ["result"], registry=registry)

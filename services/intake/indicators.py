"""What intake counts: one closed list; labels are names of gateways and outcomes, never anything personal (ME-1)."""

from prometheus_client import CollectorRegistry, Counter, Histogram

SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15)


class Indicators:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.deliveries = Counter(
            "parcelcare_intake_deliveries",
            "Deliveries of gateways by what became of them: accepted, suppressed, or the reason of the refusal",
            ["gateway", "outcome"],
            registry=registry,
        )
        self.suppressed = Counter(
            "parcelcare_intake_suppressed",
            "Deliveries of which no contact came, by why: automatic reply, delivery report, menu click …",
            ["gateway", "because"],
            registry=registry,
        )
        self.unknown_codes = Counter(
            "parcelcare_intake_unknown_codes",
            "Carrier codes that no table names; the scan was kept with the nearest node",
            ["gateway"],
            registry=registry,
        )
        self.seconds = Histogram(
            "parcelcare_intake_accept_seconds",
            "Time from a delivery's last byte to Kafka's acknowledgement",
            ["gateway"],
            buckets=SECONDS,
            registry=registry,
        )
        self.archived = Counter(
            "parcelcare_intake_archived", "Pieces of originals stored by the archive", registry=registry
        )
        self.objects = Counter(
            "parcelcare_intake_objects",
            "Files of customers by what became of them: stored, known (the object store had it), refused",
            ["outcome"],
            registry=registry,
        )
        self.scans = Counter(
            "parcelcare_intake_relayed_scans", "Parcel scans by Kafka that were passed on", registry=registry
        )
        self.media = Counter(
            "parcelcare_intake_media",
            "Tries to fetch a file that a platform only names, by what became of them: stored, failed, delayed",
            ["gateway", "outcome"],
            registry=registry,
        )
        self.media_seconds = Histogram(
            "parcelcare_intake_media_seconds",
            "Time of one try to fetch a file, waiting for its turn included",
            ["gateway"],
            buckets=SECONDS,
            registry=registry,
        )
        self._known: dict[tuple[str, str], Counter] = {}
        self._seconds: dict[str, Histogram] = {}

    def delivered(self, gateway: str, outcome: str) -> None:
        """One more; what the labels stand for is looked up once, not with every delivery."""
        known = self._known.get((gateway, outcome))
        if known is None:
            known = self._known[gateway, outcome] = self.deliveries.labels(gateway, outcome)
        known.inc()

    def took(self, gateway: str, seconds: float) -> None:
        known = self._seconds.get(gateway)
        if known is None:
            known = self._seconds[gateway] = self.seconds.labels(gateway)
        known.observe(seconds)

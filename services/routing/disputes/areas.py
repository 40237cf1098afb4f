"""Which areas have too many disputes about who signed: looked up now and then, told when one becomes hot (RO-13)."""

from collections.abc import Iterable

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.routing.disputes.area import Area, ranked
from services.routing.disputes.rules import HotAreas
from services.routing.store import CaseStore
from shared.clock import Clock

log = structlog.get_logger()


class AreaWatch(Collector):
    """The areas as last looked up, and the hot ones for Prometheus."""

    def __init__(self, cases: CaseStore, rules: HotAreas, clock: Clock) -> None:
        self._cases = cases
        self._rules = rules
        self._clock = clock
        self._hot: dict[str, int] = {}

    async def areas(self) -> list[Area]:
        """Those of the window that ends now, the most disputed first."""
        return ranked(await self._cases.disputes_by_area(self._clock.now() - self._rules.window), self._rules)

    async def look(self) -> None:
        """Once a minute or so; an area that was not hot at the last look is told."""
        hot = {area.name: area.disputes for area in await self.areas() if area.hot}
        for name in hot.keys() - self._hot.keys():
            log.warning("sign_disputes_hot_area", area=name, disputes=hot[name])
        self._hot = hot

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(
            "routing_sign_dispute_hot_area", "Disputes about who signed, of areas with too many.", labels=["area"]
        )
        for name, number in sorted(self._hot.items()):
            family.add_metric([name], number)
        yield family

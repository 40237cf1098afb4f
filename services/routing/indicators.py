"""What operators watch of the rules: how often no rule fitted."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from services.routing.rules import Rules
from shared.contracts.cases import ClockKind


class CatchAlls(Collector):
    """Hits of the last row of each decision table: a growing figure calls for a new row."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(
            "routing_rule_catch_all", "Decisions for which no row but the catch-all fitted.", labels=["table"]
        )
        hits = self._rules.catch_alls()
        for table in ("kind", "confidence", "group", *ClockKind):
            family.add_metric([table], hits.get(table, 0))
        yield family

"""Puts disputes about who signed into a routing process: their work orders, and the watch on areas."""

from services.routing.desk import Desk
from services.routing.disputes.api import routes
from services.routing.disputes.areas import AreaWatch
from services.routing.disputes.dispute_file import check_orders
from services.routing.disputes.orders import DisputeOrders
from services.routing.settings import Settings
from services.routing.workorders.coordinator import Coordinator
from shared.security.tokens import TokenVerifier
from shared.service import Runtime

LOOK_EVERY_S = 60.0


def attach(runtime: Runtime, settings: Settings, desk: Desk, coordinator: Coordinator) -> None:
    """Raises `RuleError` where the work orders are not as the disputes need them."""
    rules = desk.rules.disputes
    check_orders("signing.yaml", rules, coordinator.order_rules)
    orders = DisputeOrders(desk.cases, coordinator, rules)
    runtime.every("sign-disputes", settings.timer_interval_s, orders.move_all)
    watch = AreaWatch(desk.cases, rules.hot, runtime.clock)
    runtime.every("sign-dispute-areas", LOOK_EVERY_S, watch.look, leader=False)
    runtime.registry.register(watch)
    runtime.mount(routes(watch, rules.hot, runtime.clock, TokenVerifier.from_settings(settings)))

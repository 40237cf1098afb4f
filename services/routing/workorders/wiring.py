"""Puts playbook and work orders into a routing process: tables, timer, the desk's and owners' interfaces, pages."""

from starlette.routing import Mount

from services.routing.desk import Desk
from services.routing.disputes import wiring as disputes
from services.routing.pages import Assets, Pages
from services.routing.published import wiring as published
from services.routing.settings import Settings
from services.routing.workorders import order_file
from services.routing.workorders.api import OrderApi
from services.routing.workorders.coordinator import Coordinator
from services.routing.workorders.links import PartnerLinks
from services.routing.workorders.partner import PartnerApi
from shared.mongo import Database
from shared.security.tokens import TokenVerifier
from shared.service import Runtime


def attach(runtime: Runtime, settings: Settings, desk: Desk, batches: Database) -> None:
    """Raises `RuleError` where a rule file can't be used."""
    today = runtime.clock.now().date()
    book = desk.rules.self_service.book
    order_rules = order_file.load(settings.rules_dir, book, today)
    links = PartnerLinks.load(settings.partner_url, settings.secrets_dir)
    parts = (batches, desk.cases, runtime.outbox, desk.rules, runtime.clock)
    coordinator = Coordinator(*parts, order_rules, links)
    pages, now = Pages(), runtime.clock.now
    runtime.on_start(coordinator.create_indexes)
    runtime.every("work-order-timers", settings.timer_interval_s, coordinator.fire_all)
    verifier = TokenVerifier.from_settings(settings)
    runtime.mount(OrderApi(coordinator, desk, verifier, book, now).routes())
    runtime.mount(PartnerApi(coordinator, links, book, pages, now).routes())
    published.attach(runtime, settings, book, pages)
    disputes.attach(runtime, settings, desk, coordinator)
    runtime.mount([Mount("/static/routing", Assets())])

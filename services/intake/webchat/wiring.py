"""Joins the chat widgets to a running intake: their routes, and the group that follows their visitors' cases."""

import secrets
import time
from collections.abc import Sequence

from starlette.routing import BaseRoute

from services.intake.credentials import Credentials
from services.intake.gateways import Gateways
from services.intake.handlers import Reception
from services.intake.objects.store import ObjectStore
from services.intake.webchat.api import WidgetApi
from services.intake.webchat.casenews import CASE_NEWS
from services.intake.webchat.handlers import ThreadHandler
from services.intake.webchat.limits import Limits
from services.intake.webchat.store import ThreadStore
from shared.service import Runtime

GROUP = "intake-webchat"
PACE_S = 0.25
"""A panel asks every few seconds."""


def join_widgets(
    runtime: Runtime,
    configured: Gateways,
    credentials: Credentials,
    reception: Reception,
    objects: ObjectStore,
    public_url: str,
) -> Sequence[BaseRoute]:
    """The routes; none where no gateway is a widget."""
    widgets = configured.widgets()
    if not widgets:
        return ()
    days = max(g.widget.remember_days for g in widgets.values() if g.widget)
    store = ThreadStore(runtime.database, days)
    handler = ThreadHandler(store, frozenset(gateway.name for gateway in widgets.values()))
    runtime.on_start(store.create_indexes)
    runtime.consume(CASE_NEWS, group=GROUP, handler=handler, concerns=handler.concerns, pace_s=PACE_S)
    api = WidgetApi(
        widgets=widgets,
        credentials=credentials,
        reception=reception,
        objects=objects,
        threads=store,
        limits=Limits(time.monotonic),
        now=runtime.clock.now,
        new_handle=lambda: secrets.token_urlsafe(16),
        public_url=public_url,
    )
    return api.routes()

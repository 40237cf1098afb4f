"""Builds and wires the notify service; no logic."""

from dataclasses import replace
from datetime import UTC, datetime

from starlette.types import ASGIApp

from services.notify.api import ProgressApi
from services.notify.handlers import ChangeHandler
from services.notify.indicators import Indicators
from services.notify.internal import wiring as pushes
from services.notify.links import Links
from services.notify.live import Watcher
from services.notify.mailserver import MailServer
from services.notify.mime import Sender
from services.notify.pages import load_pages
from services.notify.plan import Planner
from services.notify.preview import check_templates
from services.notify.ruleset import load_rules
from services.notify.sender import NoticeSender, customer_of
from services.notify.settings import NotifySettings
from services.notify.smtp import Postman
from services.notify.store import ViewStore
from services.notify.survey.api import SurveyApi
from services.notify.templates import Templates, load_templates
from services.notify.webhook import WebhookSender, load_receivers
from shared.contracts.incidents import INCIDENT_PARCEL, IncidentParcel
from shared.contracts.topics import CASES, CLAIMS, INCIDENTS, NOTICE_REQUESTS
from shared.http_client import HttpClient, Limits
from shared.security.tokens import TokenVerifier
from shared.service import Runtime

PARCELS_OF_INCIDENTS = replace(INCIDENTS, types={INCIDENT_PARCEL: IncidentParcel})
"""Customers are told what an incident means for their parcels; how it is dealt with is the house's own business."""

WEBHOOK_CONNECTIONS = 32


def create_app(settings: NotifySettings) -> ASGIApp:
    """Raises TableError or TemplateProblem, naming file and cell, where a rule or template is wrong."""
    runtime = Runtime("notify", settings)
    # Tables hold by the calendar on the wall, also where business time runs ahead.
    today = datetime.now(UTC).date()
    links = Links.load(settings.public_url, settings.secrets_dir)
    templates = load_templates()
    planner = Planner(load_rules(today), templates, links)
    check_templates(planner)
    indicators = Indicators(runtime.registry)
    store = ViewStore(runtime.database, links)
    changes = ChangeHandler(store, planner, runtime.clock.now, indicators)
    postman = _postman(runtime, settings, templates)
    webhooks = _webhooks(runtime, settings)
    sender = NoticeSender({"email": postman, "webhook": webhooks}, indicators, settings.send_deadline_s)
    watcher = Watcher(store, indicators, settings.progress_watchers)
    pages = load_pages(planner.rules, links, settings.mail_from, today)
    verifier = TokenVerifier.from_settings(settings)
    api = ProgressApi(store, pages, watcher, links, verifier, indicators, runtime.clock.now)

    runtime.on_start(store.create_indexes)
    runtime.on_stop(postman.close)
    runtime.consume(
        CASES, CLAIMS, PARCELS_OF_INCIDENTS, group="notify-plan", handler=changes, concerns=changes.concerns
    )
    runtime.consume_effect(NOTICE_REQUESTS, group="notify-send", aggregate_of=customer_of, perform=sender.perform)
    pushes.attach(runtime, settings, today, planner.rules.words, postman, webhooks, indicators)
    runtime.every("progress-watch", settings.progress_poll_s, watcher.poll, leader=False)
    runtime.mount(SurveyApi(store, pages, runtime.publisher.publish, indicators, runtime.clock.now).routes())
    runtime.mount(api.routes())
    return runtime.app()


def _postman(runtime: Runtime, settings: NotifySettings, templates: Templates) -> Postman:
    server = MailServer(
        host=settings.mail_host,
        port=settings.mail_port,
        username=settings.mail_username,
        password=settings.mail_password.get_secret_value() if settings.mail_password else None,
        start_tls=settings.mail_start_tls,
        timeout_s=settings.mail_timeout_s,
        connections=settings.mail_connections,
    )
    identity = Sender(settings.mail_from_name, settings.mail_from, settings.message_domain)
    return Postman(server, identity, templates.html_of, runtime.clock.now)


def _webhooks(runtime: Runtime, settings: NotifySettings) -> WebhookSender:
    client = HttpClient(Limits(settings.webhook_timeout_s, WEBHOOK_CONNECTIONS), "ParcelCare-webhooks/1")
    runtime.on_stop(client.close)
    receivers = load_receivers(settings.secrets_dir, settings.webhook_sink_url)
    return WebhookSender(receivers, client, runtime.clock.now)

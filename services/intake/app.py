"""The composition of intake: builds its parts and wires them. No logic."""

import time

from starlette.types import ASGIApp

from services.intake import contact_files, credentials, extraction, gateways
from services.intake.adapters import social_table, status_table
from services.intake.admission import Admission
from services.intake.api import GATEWAYS, Archive, GatewayEndpoint, routes
from services.intake.archive import GROUP, Archiver
from services.intake.calls.wiring import join_calls, listen_to_asterisk
from services.intake.gateways import Gateway
from services.intake.handbook.reader import join_handbook
from services.intake.handlers import Reception
from services.intake.identity.wiring import join_identity
from services.intake.indicators import Indicators
from services.intake.media.wiring import join_media
from services.intake.objects.rules import object_rules
from services.intake.objects.store import ObjectStore
from services.intake.objects.wiring import join_objects
from services.intake.raw import raw_parser
from services.intake.relay import ScanRelay, relay_parser
from services.intake.settings import Settings
from services.intake.smtp import MailHandler
from services.intake.smtp_server import SmtpServer
from services.intake.store import RawStore
from services.intake.stream import contacts_handler, contacts_parser
from services.intake.webchat.wiring import join_widgets
from shared.contracts.topics import GATEWAY_CONTACTS, GATEWAY_PARCELS, PARCEL_EVENTS, RAW
from shared.messaging.appender import Appender
from shared.security.identity import IdentityKey
from shared.security.tokens import TokenVerifier
from shared.service import Runtime

CONTACTS_GROUP = "intake-contacts"
PARCELS_GROUP = "intake-parcels"
ARCHIVE_PACE_S = 1.0
"""Who looks for an original does so days later."""
SCANS_PACE_S = 0.2
"""As parcels' batches in routing, which read what becomes of them."""


def create_app(settings: Settings) -> ASGIApp:
    """Raises before anything listens where a rule file or a secret is wrong or missing."""
    configured = gateways.load(settings.gateways_file)
    status_table.tables()
    social_table.table()
    extraction.load_rules()
    secrets = credentials.load(settings.secrets_dir, configured.needs())
    identity = IdentityKey.load(settings.secrets_dir)
    runtime = Runtime("intake", settings, settings.consume)
    indicators = Indicators(runtime.registry)
    store = RawStore(runtime.database, settings.raw_days)
    verifier = TokenVerifier.from_settings(settings)
    objects = join_objects(runtime, settings, identity, verifier)
    shelf = join_handbook(runtime)
    admission = Admission(
        lambda: runtime.publisher.pending,
        max_pending=settings.max_pending_messages,
        max_bytes=settings.max_body_bytes_in_flight,
        retry_after_s=settings.retry_after_s,
        monotonic=time.monotonic,
    )
    reception = Reception(secrets, identity, admission, runtime.publisher, indicators, runtime.tracing, objects, shelf)
    runtime.on_start(store.create_indexes)
    endpoint = GatewayEndpoint(configured.by_path(), reception, runtime.clock, settings.public_url)
    runtime.mount_direct(GATEWAYS, endpoint)
    runtime.mount(routes(Archive(store, verifier)))
    runtime.mount(join_widgets(runtime, configured, secrets, reception, objects, settings.public_url))
    runtime.consume_partitioned(
        RAW,
        group=GROUP,
        processor=Archiver(store, indicators),
        parser=raw_parser(GROUP),
        pace_s=ARCHIVE_PACE_S,
    )
    join_calls(runtime, settings)
    join_identity(runtime, settings, identity, verifier)
    join_media(runtime, settings, configured, secrets, objects, indicators)
    listen_to_asterisk(runtime, settings, configured, secrets, reception)
    by_topic = configured.by_topic()
    if contacts := by_topic.get(GATEWAY_CONTACTS.name):
        _take_contacts(runtime, contacts, indicators, identity, objects)
    if parcels := by_topic.get(GATEWAY_PARCELS.name):
        _relay_scans(runtime, settings, parcels, indicators, identity)
    if mail := configured.by_domain():
        handler = MailHandler(mail, reception, runtime.clock)
        smtp = SmtpServer(settings, handler, max(g.body_limit_bytes for g in mail.values()))
        # Runs until it is cancelled, which is when the service closes.
        runtime.every("smtp", 1.0, smtp.serve, leader=False)
        runtime.checks["smtp"] = smtp.heard
    return runtime.app()


def _take_contacts(
    runtime: Runtime, gateway: Gateway, indicators: Indicators, identity: IdentityKey, objects: ObjectStore
) -> None:
    """Contacts by Kafka: those with files by a group of their own, which stores them first."""
    now = runtime.clock.now
    runtime.consume_stateless(
        GATEWAY_CONTACTS,
        group=CONTACTS_GROUP,
        parser=contacts_parser(gateway, CONTACTS_GROUP),
        handle=contacts_handler(gateway, identity, now),
    )
    publish = runtime.publisher.publish
    filing = contact_files.ContactFiles(gateway, identity, objects, object_rules(), indicators, now, publish)
    runtime.consume_effect(
        GATEWAY_CONTACTS,
        group=contact_files.GROUP,
        aggregate_of=contact_files.contact_of,
        perform=filing.perform,
        policy=contact_files.POLICY,
        records=contact_files.AT_ONCE,
        parser=contacts_parser(gateway, contact_files.GROUP, with_files=True),
    )


def _relay_scans(
    runtime: Runtime, settings: Settings, gateway: Gateway, indicators: Indicators, identity: IdentityKey
) -> None:
    """The flood: scans by Kafka go on with a producer of their own."""
    events = settings.topic_prefix + PARCEL_EVENTS.name
    appender = Appender(
        settings.kafka_bootstrap_servers, events, f"parcelcare-scans-{settings.instance}", runtime.kafka_security
    )
    runtime.on_start(appender.start)
    runtime.on_stop(appender.stop)
    relay = ScanRelay(
        gateway,
        appender,
        runtime.publisher,
        indicators,
        runtime.clock.now,
        alive=lambda: _still_trying(runtime, PARCELS_GROUP),
    )
    runtime.consume_partitioned(
        GATEWAY_PARCELS,
        group=PARCELS_GROUP,
        processor=relay,
        parser=relay_parser(gateway, PARCELS_GROUP, identity),
        pace_s=SCANS_PACE_S,
    )


def _still_trying(runtime: Runtime, group: str) -> None:
    for state in runtime.consumers.states:
        if state.group == group:
            state.moved()

"""Puts the object store into intake's runtime: the store, reading by role, and the end of what is over (IN-4)."""

from datetime import UTC, datetime

from services.intake import object_api
from services.intake.object_api import ObjectReading
from services.intake.objects.links import LinkKey
from services.intake.objects.rules import object_rules
from services.intake.objects.scanner import scanner_at
from services.intake.objects.store import ObjectStore
from services.intake.settings import Settings
from shared.security.identity import IdentityKey
from shared.security.tokens import TokenVerifier
from shared.service import Runtime

RETENTION_EVERY_S = 3600.0


def join_objects(runtime: Runtime, settings: Settings, identity: IdentityKey, verifier: TokenVerifier) -> ObjectStore:
    """Raises where the rules, the store's address or the scanner's are wrong."""
    scanner = scanner_at(settings.scanner_url, settings.scanner_timeout_s)
    store = ObjectStore(settings.objects, object_rules(), settings.objects_days, scanner)
    links = LinkKey(identity.derived("object links"))
    reading = ObjectReading(store, verifier, links, settings.object_link_s, lambda: datetime.now(UTC))
    runtime.mount(object_api.routes(reading))
    runtime.every("objects-retention", RETENTION_EVERY_S, store.delete_old)
    return store

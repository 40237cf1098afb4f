"""Files of customers in object storage, by what they contain: the same photo twice is stored once (IN-4)."""

from services.intake.objects.faults import Infected, ObjectFault, StoreUnavailable, TooLarge, TypeRefused
from services.intake.objects.kept import StoredObject, digest_of, ref_of
from services.intake.objects.store import ObjectStore

__all__ = [
    "Infected",
    "ObjectFault",
    "ObjectStore",
    "StoreUnavailable",
    "StoredObject",
    "TooLarge",
    "TypeRefused",
    "digest_of",
    "ref_of",
]

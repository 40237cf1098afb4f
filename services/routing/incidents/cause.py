"""What an exception has in common with others: its kind, its carrier, and the site where the parcel stands. Pure."""

import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from shared.contracts.incidents import Cause, Scope
from shared.contracts.parcels import ExceptionKind, Parcel

NOWHERE = ""
SITE_LENGTH = 80
Regions = Mapping[str, str]
"""Beginning of a site's name → region."""


class Cell(NamedTuple):
    """The finest division of exceptions; `site` empty where the last scan names no place."""

    kind: ExceptionKind
    carrier: str
    site: str


def cell_of(kind: ExceptionKind, parcel: Parcel) -> Cell:
    """By the parcel's last scan: that is where it stands."""
    place = parcel.track[-1].place if parcel.track else None
    return Cell(kind, parcel.carrier.strip().lower()[:40], site_of(place or NOWHERE))


def site_of(place: str) -> str:
    """A place as carriers write it, without brackets and width: 【杭州转运中心】 is 杭州转运中心."""
    plain = unicodedata.normalize("NFKC", place).strip(" 【】[]()\t\n")
    return " ".join(plain.split())[:SITE_LENGTH]


def region_of(site: str, regions: Regions) -> str | None:
    """None where no region is known for it."""
    return next((region for name, region in regions.items() if site.startswith(name)), None)


def cause_of(cell: Cell, scope: Scope, regions: Regions) -> Cause | None:
    """The cause of that scope that the cell would belong to; None where it has no site or region."""
    match scope:
        case Scope.CARRIER_SITE if cell.site:
            return Cause(scope=scope, kind=cell.kind, site=cell.site, carrier=cell.carrier)
        case Scope.SITE if cell.site:
            return Cause(scope=scope, kind=cell.kind, site=cell.site)
        case Scope.CARRIER:
            return Cause(scope=scope, kind=cell.kind, carrier=cell.carrier)
        case Scope.REGION if (region := region_of(cell.site, regions)) is not None:
            return Cause(scope=scope, kind=cell.kind, region=region)
        case Scope.SYSTEM:
            return Cause(scope=scope, kind=cell.kind)
        case _:
            return None


def covers(cause: Cause, cell: Cell, regions: Regions) -> bool:
    """Whether an exception of that cell has the cause."""
    return (
        cause.kind is cell.kind
        and cause.site in (None, cell.site)
        and cause.carrier in (None, cell.carrier)
        and (cause.region is None or cause.region == region_of(cell.site, regions))
    )


def key_of(cause: Cause) -> str:
    """What makes two causes the same: at most one incident is open for it."""
    return "|".join((cause.scope, cause.kind, cause.site or "*", cause.carrier or "*", cause.region or "*"))

"""Where a dispute happened, and which areas have too many of them (RO-13). Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services.routing.disputes.rules import HotAreas
from shared.contracts.parcels import Node, Parcel

AREA_MAX = 60


@dataclass(frozen=True, slots=True)
class Area:
    """`disputes`: those of the window."""

    name: str
    disputes: int
    hot: bool


def area_of(parcel: Parcel, nodes: Collection[Node]) -> str | None:
    """The place of the last scan at one of the nodes; where no scan names one, the destination agreed upon."""
    places = (point.place for point in reversed(parcel.track) if point.node in nodes and point.place)
    agreed = parcel.shipment.destination if parcel.shipment else None
    place = next(places, agreed)
    return " ".join(place.split())[:AREA_MAX] or None if place else None


def ranked(counts: Mapping[str, int], rules: HotAreas) -> list[Area]:
    """The most disputed areas first."""
    areas = [Area(name, number, number >= rules.disputes) for name, number in counts.items()]
    return sorted(areas, key=lambda area: (-area.disputes, area.name))

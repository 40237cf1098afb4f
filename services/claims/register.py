"""The register of other claims that the fraud signals look at: by customer, picture and parcel."""

from collections import defaultdict
from collections.abc import Iterable

from services.claims.case_seen import CaseSeen, Earlier
from services.claims.claim_file import ClaimFile, Origin
from shared.contracts.claims import ClaimState


def customer_key(customer_id: str) -> str:
    return f"c:{customer_id}"


def exact_keys(file: ClaimFile) -> set[str]:
    """Pictures and parcel: a hit counts however old it is."""
    keys = {f"p:{sha256}" for sha256 in file.photos}
    return keys | {f"t:{file.claim.tracking_number}"} if file.claim.tracking_number else keys


def keys_of(file: ClaimFile) -> set[str]:
    return exact_keys(file) | {customer_key(file.claim.customer.customer_id)}


def keys_seen(seen: CaseSeen) -> set[str]:
    """What a case's change adds to look for."""
    numbers = {*seen.case.tracking_numbers, *([seen.case.claim.tracking_number] if seen.case.claim else [])}
    photos = {f"p:{a.sha256}" for a in seen.attachments if a.content_type.startswith("image/")}
    return photos | {f"t:{number}" for number in numbers}


def entry(file: ClaimFile) -> Earlier:
    claim = file.claim
    return Earlier(
        claim_id=claim.claim_id,
        customer_id=claim.customer.customer_id,
        opened_at=claim.opened_at,
        by_customer=file.origin is not Origin.EXCEPTION,
        withdrawn=claim.state is ClaimState.WITHDRAWN,
        tracking_number=claim.tracking_number,
        photos=file.photos,
    )


class Register:
    """What the database knew at the start of a batch, and what the batch itself added."""

    def __init__(self, known: Iterable[Earlier]) -> None:
        self._by_key: defaultdict[str, dict[str, Earlier]] = defaultdict(dict)
        for earlier in known:
            self._add(earlier)

    def note(self, file: ClaimFile) -> None:
        self._add(entry(file))

    def about(self, keys: Iterable[str]) -> tuple[Earlier, ...]:
        found: dict[str, Earlier] = {}
        for key in keys:
            found.update(self._by_key.get(key, {}))
        return tuple(found.values())

    def _add(self, earlier: Earlier) -> None:
        keys = {customer_key(earlier.customer_id), *(f"p:{sha256}" for sha256 in earlier.photos)}
        if earlier.tracking_number:
            keys.add(f"t:{earlier.tracking_number}")
        for key in keys:
            self._by_key[key][earlier.claim_id] = earlier

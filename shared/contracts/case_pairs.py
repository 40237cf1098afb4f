"""Changes of a case that concern another one: merged into it, or split from it (RO-1)."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.customers import Evidence
from shared.contracts.people import ContactPoint


class WhoIsWho(Contract):
    """What says that the customers of two cases are one, or are not after all (IN-5): then routing itself merges their
    cases, or parts them again."""

    cause: str = Field(description="id of the contact, order or act that it follows from, as in customers.v1")
    evidence: Evidence
    actor: str | None = Field(None, description="the person who decided it")


class Brought(Contract):
    """What a case that routing itself merged brought into this one: goes with it should the customers be two."""

    case_id: str
    customer_id: str
    contacts: int = Field(ge=0)
    handles: tuple[ContactPoint, ...] = ()
    tracking_numbers: tuple[str, ...] = ()
    order_numbers: tuple[str, ...] = ()
    awaited_media: tuple[str, ...] = ()
    taken: tuple[str, ...] = Field((), description="fields that were empty, and have what the other case knew")
    tier: str | None = Field(None, description="of the customer as it was before; None: older than this field")
    tier_by: str | None = None


class OtherCase(Contract):
    """Another case that this one has to do with."""

    case_id: str
    number: str
    because: WhoIsWho | None = Field(None, description="why routing did it by itself; None: a person did it")


class Merged(OtherCase):
    """It ends in another case, which goes on with what both know (RO-1)."""

    type: Literal["merged"] = "merged"


class Absorbed(OtherCase):
    """Another case ended in this one."""

    type: Literal["absorbed"] = "absorbed"


class SplitOff(OtherCase):
    """A second matter went from this case into a new one, or back into the one that it came from."""

    type: Literal["split_off"] = "split_off"


class SplitFrom(OtherCase):
    """It was opened for the second matter of another case, or again for the one that it had brought there."""

    type: Literal["split_from"] = "split_from"

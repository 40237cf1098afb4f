"""Changes of a case that concern another one: merged into it, or split from it (RO-1)."""

from typing import Literal

from shared.contracts.base import Contract


class OtherCase(Contract):
    """Another case that this one has to do with."""

    case_id: str
    number: str


class Merged(OtherCase):
    """It ends in another case, which goes on with what both know (RO-1)."""

    type: Literal["merged"] = "merged"


class Absorbed(OtherCase):
    """Another case ended in this one."""

    type: Literal["absorbed"] = "absorbed"


class SplitOff(OtherCase):
    """A second matter went from this case into a new one."""

    type: Literal["split_off"] = "split_off"


class SplitFrom(OtherCase):
    """It was opened for the second matter of another case."""

    type: Literal["split_from"] = "split_from"

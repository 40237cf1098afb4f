"""Why a file did not come: for now, or for good. A reason goes into logs, so no address ever stands in it."""

from shared.contracts.media import MediaFault


class MediaFailure(Exception):
    """A file did not come."""


class Later(MediaFailure):
    """It may come later. `rest_s`: its whole gateway is best left alone for so long."""

    def __init__(self, reason: str, rest_s: float = 0.0) -> None:
        super().__init__(reason)
        self.rest_s = rest_s


class NotThere(MediaFailure):
    """The platform does not have it: not yet, or no longer."""


class Never(MediaFailure):
    """It can't be had, whoever tries."""

    def __init__(self, fault: MediaFault, reason: str) -> None:
        super().__init__(reason)
        self.fault = fault

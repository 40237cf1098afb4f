"""Why a file is not stored.

ObjectFault
├── TooLarge           more bytes than its sender may send
├── TypeRefused        of a kind that is not taken
├── Infected           the scanner found something in it
└── StoreUnavailable   the store or the scanner is away: the same file may be sent again
"""


class ObjectFault(Exception):
    """The file is not stored; the message may be told to its sender."""


class TooLarge(ObjectFault):
    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"the file is larger than {limit_bytes:,} bytes")


class TypeRefused(ObjectFault):
    def __init__(self, content_type: str) -> None:
        super().__init__(f"files of type {content_type} are not taken")
        self.content_type = content_type


class Infected(ObjectFault):
    def __init__(self, threat: str) -> None:
        super().__init__("the file holds malware")
        self.threat = threat


class StoreUnavailable(ObjectFault):
    pass

"""How much is written in one transaction: less after one that the database ended as too long, more after good ones."""


class Portion:
    """The database ends a transaction after seconds. On a slow day the same 500 events would be tried for ever."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self.size = largest

    def too_long(self, tried: int) -> None:
        self.size = max(1, min(self.size, tried) // 2)

    def went_well(self) -> None:
        """Slowly: each step too far costs a transaction that is thrown away."""
        self.size = min(self._largest, self.size + max(1, self.size // 8))

"""One turn of a claim: its file while it is being decided, and the changes noted so far."""

from dataclasses import dataclass, replace
from typing import Any

from services.claims.claim_file import ClaimFile
from services.claims.lifecycle import Move, after
from services.claims.words import Text
from shared.contracts.claims import ClaimChange, ClaimState, PayoutRequested, ReviewRequested


@dataclass(frozen=True, slots=True)
class Turn:
    """Every method gives a new turn."""

    file: ClaimFile
    changes: tuple[ClaimChange, ...] = ()
    payout: PayoutRequested | None = None
    in_review: bool = False
    """It was in review when the turn began."""

    @classmethod
    def of(cls, file: ClaimFile) -> "Turn":
        return cls(file, in_review=file.claim.state is ClaimState.IN_REVIEW)

    def with_file(self, **fields: Any) -> "Turn":
        return replace(self, file=self.file.model_copy(update=fields))

    def with_claim(self, **fields: Any) -> "Turn":
        return self.with_file(claim=self.file.claim.model_copy(update=fields))

    def moved(self, move: Move) -> "Turn":
        """Raises `Refused` for an illegal move."""
        return self.with_claim(state=after(self.file.claim.state, move))

    def noting(self, *changes: ClaimChange) -> "Turn":
        return replace(self, changes=(*self.changes, *changes))

    def needing(self, reason: Text) -> "Turn":
        """A person decides, for this reason. Where one had the claim in review already, the customer knows (NO-3)."""
        again = self.in_review and self.file.claim.review_reason is not None
        return self.with_claim(review_reason=reason.both).noting(ReviewRequested(reason=reason.both, again=again))

    def paying(self, order: PayoutRequested) -> "Turn":
        return replace(self, payout=order)

"""The service's own indicators; those of the business are the metrics service's."""

from prometheus_client import CollectorRegistry, Counter

from services.claims.decide import Decision
from services.claims.rulebook import RuleSet
from shared.contracts.claims import LiabilityDetermined


class Indicators:
    """Counted when decided; a batch that runs twice counts twice, which an alarm can bear."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._catch_all = Counter(
            "parcelcare_claims_rule_catch_all",
            "Decisions that only the last row of a rule table covered: the table has a gap",
            ["table"],
            registry=registry,
        )
        self._payouts = Counter(
            "parcelcare_claims_payout_answers", "Answers of the payment provider", ["status"], registry=registry
        )

    def decided(self, decision: Decision, rules: RuleSet) -> None:
        if not any(isinstance(change, LiabilityDetermined) for change in decision.changes):
            return
        claim = decision.file.claim
        if claim.liability is not None and claim.liability.rule == rules.liability.catch_all:
            self._catch_all.labels("liability").inc()
        if claim.award is not None and claim.award.rule == rules.amount.catch_all:
            self._catch_all.labels("amount").inc()

    def answered(self, status: str) -> None:
        self._payouts.labels(status).inc()

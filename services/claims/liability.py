"""Liability (责任认定, CL-3): the facts put to the decision table; the row that answers is named with its law."""

from services.claims.facts import Facts
from services.claims.rulebook import RuleSet
from shared.contracts.claims import Liability, LiableParty


def determine(facts: Facts, rules: RuleSet) -> Liability:
    """Contradictory or thin facts, and what only the catch-all row covers, are `unclear`: a person decides."""
    row = rules.liability.evaluate(facts.as_columns())
    return Liability(
        party=LiableParty(row["party"]),
        carrier_percent=row["carrier_percent"],
        clear=row["clear"],
        reason_zh=row["reason_zh"],
        reason_en=row["reason_en"],
        rule=row["rule"],
        law=rules.cited(row["law"]),
    )

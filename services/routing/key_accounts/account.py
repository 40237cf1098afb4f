"""The mark on a customer: the tier, and why (RO-5)."""

from collections.abc import Mapping
from datetime import datetime

from services.routing.life import STANDARD
from services.routing.rules import Rules
from shared.contracts.interactions import Interaction
from shared.contracts.people import Customer


def marked(customer: Customer, rules: Rules) -> Customer:
    """The customer as a key account by volume. What a contract calls it stays: others read that too."""
    if rules.tier(customer) != STANDARD:
        return customer
    tier = rules.key_accounts.tier if customer.tier == STANDARD else customer.tier
    return customer.model_copy(update={"tier": tier, "tier_by": "volume"})


def as_key_account(contact: Interaction, until: datetime | None, rules: Rules) -> Interaction:
    """The contact with its customer marked, where it came while the customer is a key account."""
    if until is None or contact.received_at >= until:
        return contact
    customer = marked(contact.customer, rules)
    return contact if customer is contact.customer else contact.model_copy(update={"customer": customer})


def tier_of_both(known: Customer, new: Customer) -> Mapping[str, str | None]:
    """Tier and reason of one person who is known by both; a case that has the mark keeps it."""
    named = known if new.tier == STANDARD else new
    by_volume = "volume" in (known.tier_by, new.tier_by) and named.tier_by != "contract"
    return {"tier": named.tier, "tier_by": "volume" if by_volume else named.tier_by}

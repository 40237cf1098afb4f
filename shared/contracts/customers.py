"""customers.v1: which handles are one customer: linked, merged, separated again (IN-5).

A handle (phone, mail address, openid) is named by a keyed hash, never by its value; a customer by the id of the handle
that was known first. `Interaction.customer.customer_id` is such an id too: look it up among `handles`.

Every event carries the whole of each customer that it concerns. A handle's versions only grow: of two events that
name it the one with the higher version holds, in whatever order they come.
"""

from pydantic import Field

from shared.contracts.base import Contract, Instant, Word
from shared.contracts.personal import Personal


class HandleKind(Word):
    """What a customer is known by. The order says which one gives a customer its id where they are known as long."""

    PHONE = "phone"
    EMAIL = "email"
    OPENID = "openid"
    GIVEN = "given"  # an id that a sender gave us, of a shop for instance


class Evidence(Word):
    """What says that two handles are one person (rules/identity.yaml says which of it is enough)."""

    PHONE = "phone"
    WEB = "web"
    EMAIL = "email"
    WECHAT = "wechat"
    WEIBO = "weibo"
    WEBHOOK = "webhook"
    ORDER = "order"  # the buyer's handles in a shop's order
    TEXT = "text"  # a number that stands in a contact's text
    PERSON = "person"  # somebody of ours decided it


class KnownCustomer(Contract):
    """`handles`: all ids that mean this customer, its own among them; `apart`: ids that a person said do not."""

    customer_id: str
    handles: tuple[str, ...] = Field(min_length=1)
    apart: tuple[str, ...] = ()


class CustomerEvent(Contract):
    """What all of them say. `cause`: the contact, order or act that it follows from."""

    customer_id: str
    version: int = Field(ge=1)
    at: Instant
    cause: str
    evidence: Evidence
    customers: tuple[KnownCustomer, ...] = Field(min_length=1)
    actor: str | None = Field(None, description="the person who decided it")
    reason: Personal | None = None


class HandlesLinked(CustomerEvent):
    """A customer got handles that nobody had been known by."""

    linked: tuple[str, ...]


class CustomersMerged(CustomerEvent):
    """Customers turned out to be one (合并): `customer_id` goes on, the `absorbed` are it from now on."""

    absorbed: tuple[str, ...] = Field(min_length=1)
    because: tuple[str, ...] = Field((), description="handles that were named together")


class CustomersSeparated(CustomerEvent):
    """What was taken for one customer are several again (撤销合并): `restored`, beside `customer_id`."""

    restored: tuple[str, ...] = Field(min_length=1)


HANDLES_LINKED = "parcelcare.customer.handles-linked"
CUSTOMERS_MERGED = "parcelcare.customer.merged"
CUSTOMERS_SEPARATED = "parcelcare.customer.separated"
TYPES: dict[str, type[Contract]] = {
    HANDLES_LINKED: HandlesLinked,
    CUSTOMERS_MERGED: CustomersMerged,
    CUSTOMERS_SEPARATED: CustomersSeparated,
}

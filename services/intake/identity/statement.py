"""What a contact or an order says of who is who: handles that its sender names together, and numbers of parcels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.intake.customers import UNKNOWN, e164
from shared.contracts.customers import Evidence, HandleKind
from shared.contracts.interactions import FindingKind, Interaction
from shared.contracts.orders import OrderEvent
from shared.contracts.people import Channel, ContactKind, Customer
from shared.contracts.personal import Personal
from shared.security.identity import IdentityKey


@dataclass(frozen=True, slots=True)
class Named:
    """A handle as it was named."""

    id: str
    kind: HandleKind
    value: Personal


@dataclass(frozen=True, slots=True)
class Statement:
    """`handles`: of the sender itself; `read`: in the text, whosesoever they are; `references`: p:<tracking number>
    and o:<order number> that the sender is concerned with."""

    cause: str
    at: datetime
    evidence: Evidence
    handles: tuple[Named, ...]
    read: tuple[Named, ...] = ()
    references: tuple[str, ...] = ()


def of_contact(contact: Interaction, key: IdentityKey) -> Statement | None:
    """None: nobody is named."""
    handles = named(contact.customer, key)
    if not handles:
        return None
    return Statement(
        cause=contact.interaction_id,
        at=contact.received_at,
        evidence=_EVIDENCE.get(contact.channel, Evidence.WEBHOOK),
        handles=handles,
        read=_read(contact, handles, key) if contact.found else (),
        references=_references(contact.tracking_numbers, contact.order_numbers),
    )


def _read(contact: Interaction, own: tuple[Named, ...], key: IdentityKey) -> tuple[Named, ...]:
    """The phones of the text that are not the sender's own; a company's line is nobody's."""
    known = {n.id for n in own}
    phones = [e164(f.personal.reveal()) for f in contact.found if f.kind is FindingKind.PHONE and f.personal]
    found = (_phone(phone, key) for phone in dict.fromkeys(phones) if phone)
    return tuple(n for n in found if n.id not in known)


def of_order(order: OrderEvent, cause: str, key: IdentityKey) -> Statement | None:
    """None: the buyer is not named."""
    handles = named(order.customer, key) if order.customer else ()
    if not handles:
        return None
    references = _references(order.tracking_numbers, (order.order_number,))
    return Statement(cause, order.occurred_at, Evidence.ORDER, handles, references=references)


def named(customer: Customer, key: IdentityKey) -> tuple[Named, ...]:
    """The handles of a customer by their hashes; what the customer id stands for comes first."""
    if customer.customer_id.startswith(UNKNOWN):
        return ()
    found = []
    for point in customer.contacts:
        value = point.value.reveal()
        if point.kind is ContactKind.PHONE:
            found.append(Named(key.customer_id(phone_e164=value), HandleKind.PHONE, point.value))
        elif point.kind is ContactKind.EMAIL:
            found.append(Named(key.customer_id(email=value), HandleKind.EMAIL, point.value))
        elif point.kind is ContactKind.OPENID:
            found.append(Named(key.customer_id(openid=value), HandleKind.OPENID, point.value))
    if all(n.id != customer.customer_id for n in found):
        found.insert(0, Named(customer.customer_id, HandleKind.GIVEN, Personal(customer.customer_id)))
    return tuple(dict.fromkeys(found))


def _phone(number: str, key: IdentityKey) -> Named:
    return Named(key.customer_id(phone_e164=number), HandleKind.PHONE, Personal(number))


def _references(tracking_numbers: Iterable[str], order_numbers: Iterable[str]) -> tuple[str, ...]:
    return (*(f"p:{n}" for n in tracking_numbers), *(f"o:{n}" for n in order_numbers))


_EVIDENCE: Mapping[Channel, Evidence] = {c: Evidence(c.value) for c in Channel if c is not Channel.SYSTEM}

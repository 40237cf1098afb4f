"""The handles of a person, normalised, and the customer they stand for (IN-5 in so far as one handle tells)."""

import re

import phonenumbers

from shared.contracts.people import ContactKind, ContactPoint, Customer
from shared.contracts.personal import Personal
from shared.security.identity import IdentityKey

_CN_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})", re.ASCII)
_SEPARATORS = re.compile(r"[\s().-]+", re.ASCII)
_DIALLED = re.compile(r"\+?[\d\s()./-]{5,40}", re.ASCII)
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*[a-z]", re.ASCII)
MAX_EMAIL = 254
UNKNOWN = "unknown-"
"""In front of the id of a customer who gave no handle: such contacts never belong together."""


def e164(text: str, region: str = "CN") -> str | None:
    """A phone number in E.164, or None where it is none (masked numbers of labels: 138****5678)."""
    compact = _SEPARATORS.sub("", text)
    mobile = _CN_MOBILE.fullmatch(compact)
    if mobile:
        return f"+86{mobile[1]}"
    if not _DIALLED.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email_address(text: str) -> str | None:
    """A mail address in lower case, or None where it is none."""
    address = text.strip().lower()
    return address if len(address) <= MAX_EMAIL and _EMAIL.fullmatch(address) else None


def customer_of(
    identity: IdentityKey,
    *,
    unknown: str,
    name: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    language: str = "zh",
    tier: str | None = None,
) -> Customer:
    """The customer of handles that are normalised already.

    Without a handle nobody can be recognised: the id then follows from `unknown`, where the person was named.
    """
    contacts = []
    if phone:
        contacts.append(ContactPoint(kind=ContactKind.PHONE, value=Personal(phone)))
    if email:
        contacts.append(ContactPoint(kind=ContactKind.EMAIL, value=Personal(email)))
    if contacts:
        customer_id = identity.customer_id(phone_e164=phone, email=email)
    else:
        customer_id = UNKNOWN + identity.customer_id(openid=f"{UNKNOWN}{unknown}/{name or ''}")
    return Customer(
        customer_id=customer_id,
        name=Personal(name) if name else None,
        contacts=tuple(contacts),
        language=language,
        tier=tier or "standard",
    )

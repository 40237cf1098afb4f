"""The handles of a person, normalised, and the customer they stand for (IN-5 in so far as one handle tells)."""

import re

import phonenumbers

from shared.contracts.people import ContactKind, ContactPoint, Customer
from shared.contracts.personal import Personal
from shared.security.identity import IdentityKey

_CN_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})", re.ASCII)
_SEPARATORS = re.compile(r"[\s().-]+", re.ASCII)
_DIALLED = re.compile(r"\+?[\d\s()./-]{5,40}", re.ASCII)
_WIDE = str.maketrans("０１２３４５６７８９（）＋－＃，：\u3000", "0123456789()+-#,: ")
_EXTENSION = re.compile(
    r"(.*\d[\s)]*)(?:;ext=|[,;]?\s*(?:转|转接|分机号?|ext(?:ension|n)?\.?|x|#|,)\s*[:.]?)\s*(\d{1,7})\s*",
    re.ASCII | re.IGNORECASE,
)
_SPACES = re.compile(r"[\s()]+", re.ASCII)
_DASHED_EXTENSION = re.compile(
    r"(0\d{2,3}-?\d{7,8}|(?:\+|00)86-?\d{2,3}-?\d{7,8}|(?:(?:\+|00)?86-?)?1[3-9]\d{9})-(\d{1,6})", re.ASCII
)
"""Chinese landlines, and mobiles as platforms write privacy numbers (隐私号 13812345678-1234); without spaces."""
_URI = re.compile(r"(?:tel|sips?):([^@]{1,60})(?:@.*)?", re.IGNORECASE)
"""As exchanges write a caller (RFC 3966, RFC 3261)."""
_NOBODYS = frozenset(
    {
        phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.UAN,
        phonenumbers.PhoneNumberType.VOICEMAIL,
    }
)
"""Lines of companies (400, 800, 1010…): who shows one is known to nobody by it."""
_LONGEST = 64
_CHINA = 86
_SHORTEST_LANDLINE = 10
"""Digits of a Chinese landline with its area code (010 8888 8888); what is shorter is a service number (010 95338)."""
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*[a-z]", re.ASCII)
MAX_EMAIL = 254
STANDARD = "standard"
UNKNOWN = "unknown-"
"""In front of the id of a customer who gave no handle: such contacts never belong together."""


def e164(text: str, region: str = "CN") -> str | None:
    """A phone number in E.164, with ;ext= (RFC 3966) where it has an extension; None where it leads to no one person.

    The extension belongs to the identity: behind a switchboard (0755-8888 6666 转 123), or a privacy number of a
    platform, there are many persons. None: masked numbers of labels (138****5678), a landline without area code,
    service numbers (400, 800, 95xxx).
    """
    mobile = _CN_MOBILE.fullmatch(_SEPARATORS.sub("", text))
    if mobile:
        return f"+86{mobile[1]}"
    if len(text) > _LONGEST:
        return None
    uri = _URI.fullmatch(text.strip())
    dialled = (uri[1] if uri else text).translate(_WIDE)
    extended = _EXTENSION.fullmatch(dialled) or _DASHED_EXTENSION.fullmatch(_SPACES.sub("", dialled))
    if extended is None:
        return _plain(dialled, region)
    number = _plain(extended[1].strip(), region)
    return f"{number};ext={extended[2]}" if number else None


def _plain(text: str, region: str) -> str | None:
    if not _DIALLED.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) in _NOBODYS:
        return None
    if number.country_code == _CHINA and number.national_number < 10 ** (_SHORTEST_LANDLINE - 1):
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
    openid: str | None = None,
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
    if openid:
        contacts.append(ContactPoint(kind=ContactKind.OPENID, value=Personal(openid)))
    if contacts:
        customer_id = identity.customer_id(phone_e164=phone, email=email, openid=openid)
    else:
        customer_id = UNKNOWN + identity.customer_id(openid=f"{UNKNOWN}{unknown}/{name or ''}")
    return Customer(
        customer_id=customer_id,
        name=Personal(name) if name else None,
        contacts=tuple(contacts),
        language=language,
        tier=tier or STANDARD,
        tier_by="contract" if tier and tier != STANDARD else None,
    )

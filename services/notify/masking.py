"""What a page may show of personal data: masked handles, and free text without the numbers of people (SY-5)."""

import re

_PATTERNS = (
    (re.compile(r"(?<![0-9A-Za-z])(1[3-9]\d)\d{4}(\d{4})(?![0-9A-Za-z])"), r"\1****\2"),
    (re.compile(r"(?<![0-9A-Za-z])(\+\d{1,3}[ -]?\d{1,3})[ -]?\d[\d -]{3,10}(\d{2})(?![0-9A-Za-z])"), r"\1****\2"),
    (re.compile(r"(?<![0-9A-Za-z])(\d{6})\d{8}(\d{3}[0-9Xx])(?![0-9A-Za-z])"), r"\1********\2"),
    (re.compile(r"(?<![0-9A-Za-z])(\d{4})\d{8,11}(\d{4})(?![0-9A-Za-z])"), r"\1********\2"),
    (re.compile(r"([A-Za-z0-9_.+-])[A-Za-z0-9_.+-]*@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"), r"\1***@\2"),
)


def mask_text(text: str) -> str:
    """Free text with mobile, foreign phone, identity-card and bank-card numbers and mail addresses masked.

    Tracking numbers stay readable where a carrier's letters stand before them; sixteen or more bare digits may be
    a bank card and are masked.
    """
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def mask_name(name: str) -> str:
    """张三丰 → 张**; Maria Smith → M. S."""
    words = name.split()
    if len(words) > 1 or name.isascii():
        return " ".join(f"{word[0].upper()}." for word in words)
    return name[:1] + "*" * max(1, len(name) - 1) if name else ""


def mask_phone(phone: str) -> str:
    """+8613812345678 → 138****5678."""
    digits = phone.removeprefix("+86")
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 9 else "****"


def mask_mail(address: str) -> str:
    """zhang@example.cn → z***@example.cn."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}" if local else "***"

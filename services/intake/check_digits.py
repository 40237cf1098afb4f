"""Check digits of tracking numbers, as couriers reckon them: each from the serial to the character that must follow."""

import string
from collections.abc import Sequence

_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_ALPHABET = string.digits + string.ascii_uppercase


def mod10(serial: str, odd: int, even: int) -> str:
    """The complement to ten of the digits weighted by place (from 0); a letter counts as UPS lets it."""
    total = sum(_value(c) * (odd if place % 2 else even) for place, c in enumerate(serial))
    return str(-total % 10)


def _value(character: str) -> int:
    return int(character) if character.isdigit() else (ord(character) - 3) % 10


def mod7(serial: str) -> str:
    return str(int(serial) % 7)


def s10(serial: str) -> str:
    """Universal Postal Union, standard S10: modulo 11, where 10 becomes 0 and 11 becomes 5."""
    rest = 11 - sum(int(c) * weight for c, weight in zip(serial, _S10_WEIGHTS, strict=True)) % 11
    return {10: "0", 11: "5"}.get(rest, str(rest))


def weighted(serial: str, weights: Sequence[int]) -> str:
    """FedEx: the sum of products modulo 11, of which ten is written 0."""
    return str(sum(int(c) * weight for c, weight in zip(serial, weights, strict=True)) % 11 % 10)


def luhn(serial: str) -> str:
    doubled = (int(c) * (1 if place % 2 else 2) for place, c in enumerate(reversed(serial)))
    return str(-sum(n - 9 if n > 9 else n for n in doubled) % 10)


def mod37_36(serial: str) -> str:
    """ISO 7064, as DPD prints it."""
    rest = 36
    for character in serial:
        rest += _ALPHABET.index(character)
        rest = (rest - 36 if rest > 36 else rest) * 2
        rest = rest - 37 if rest > 36 else rest
    return _ALPHABET[(37 - rest) % 36]

"""Case numbers: what a customer is told (PC7K2M9Q4D), derived from the case id and leading back to it."""

import re

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""
_VALUE = {letter: n for n, letter in enumerate(ALPHABET)} | {"I": 1, "L": 1, "O": 0}
_NUMBER = re.compile(r"PC([0-9A-TV-Z]{8})", re.IGNORECASE)
_HEX_DIGITS = 10


def number_of(case_id: str) -> str:
    """The first 40 bits of the case id (a UUID) in base 32."""
    bits = int(case_id.replace("-", "")[:_HEX_DIGITS], 16)
    return "PC" + "".join(ALPHABET[bits >> shift & 31] for shift in range(35, -1, -5))


def id_range(number: str) -> tuple[str, str] | None:
    """First and last possible id of a case with this number; None where it is not a case number."""
    match = _NUMBER.fullmatch(number.strip())
    if match is None:
        return None
    bits = 0
    for letter in match.group(1).upper():
        bits = bits << 5 | _VALUE[letter]
    digits = f"{bits:010x}"
    start = f"{digits[:8]}-{digits[8:]}"
    return start, start + "g"

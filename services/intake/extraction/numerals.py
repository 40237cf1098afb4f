"""Chinese numerals (一百二十, 两千三, 十五) as integers."""

DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
HAN_NUMBER = "[零〇一二两三四五六七八九十百千万亿]"


def integer(text: str) -> int | None:
    """The number that digits or numerals stand for, None where they are none.

    A last digit right behind a unit counts tenths of it, as it is spoken: 两千三 is 2300; 两千零三 is 2003.
    """
    if text.isascii():
        return int(text) if text.isdigit() else None
    if not any(c in _UNITS for c in text):
        return _spelled(text)
    total = section = 0
    digit: int | None = None
    unit = 1
    for c in text:
        if c in DIGITS:
            digit, unit = DIGITS[c], 1 if c in "零〇" else unit
        elif c not in _UNITS:
            return None
        else:
            unit = _UNITS[c]
            count = 1 if digit is None else digit
            if unit >= 10_000:
                total, section = (total + section + (digit or 0)) * unit, 0
            else:
                section += count * unit
            digit = None
    tenths = unit // 10 if unit > 10 else 1
    return total + section + (digit or 0) * tenths


def _spelled(text: str) -> int | None:
    """Digit by digit: 二〇二六."""
    if not text or any(c not in DIGITS for c in text):
        return None
    return int("".join(str(DIGITS[c]) for c in text))

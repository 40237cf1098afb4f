"""Which of our two languages a text is in."""

import re

_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[a-z]{2,}", re.ASCII | re.IGNORECASE)


def language_of(text: str, declared: str | None = None) -> str:
    """ "zh" or "en": as declared (zh-CN, en_US …), else Han characters against Latin words; "zh" where neither is."""
    if declared:
        return "zh" if declared.lower().startswith("zh") else "en"
    sample = text[:4000]
    # Names of products in Latin letters do not make a Chinese text English.
    return "en" if len(_WORD.findall(sample)) > len(_HAN.findall(sample)) else "zh"

"""ISO-2022-CN (RFC 1922), which Python has no codec for: Chinese in seven bits, switched by escapes."""

import re

_TOKEN = re.compile(rb"\x1b\$\)([AGE])|\x1b\$\*[HI-M]|\x1b[NO]..|([\x0e\x0f\n])|([^\x1b\x0e\x0f\n]+)|(.)", re.DOTALL)
_GB2312 = b"A"


def decode_iso2022cn(content: bytes) -> str:
    """GB 2312 as text; a character of the sets that nobody uses any more (CNS 11643, ISO-IR-165) is marked."""
    pieces: list[str] = []
    designated, shifted = b"", False
    for token in _TOKEN.finditer(content):
        if token[1]:
            designated = token[1]
        elif token[2]:
            # A line's end switches back to ASCII, whatever came before it.
            shifted = token[2] == b"\x0e"
            pieces.append("\n" if token[2] == b"\n" else "")
        elif token[3]:
            pieces.append(_run(token[3], designated) if shifted else token[3].decode("ascii", "replace"))
        elif not token[0].startswith(b"\x1b$"):
            pieces.append("\ufffd")
    return "".join(pieces)


def _run(pairs: bytes, designated: bytes) -> str:
    if designated != _GB2312:
        return "\ufffd" * (len(pairs) // 2)
    return bytes(byte | 0x80 for byte in pairs).decode("gb2312", "replace")

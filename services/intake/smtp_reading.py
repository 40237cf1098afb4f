"""What aiosmtpd reads slowly, read quickly: usual addresses without the full grammar, a mail not line by line."""

import re
from asyncio import LimitOverrunError, StreamReader

_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_PLAIN = re.compile(rf"<({_ATOM}(?:\.{_ATOM})*@[\w-]+(?:\.[\w-]+)*)>(?:\s+(\S.*)?)?", re.ASCII | re.DOTALL)
_LONE_DOT = b".\r\n"


def plain_address(argument: str) -> tuple[str, str] | None:
    """The address in angle brackets and the parameters behind it, None where only the full grammar can say."""
    found = _PLAIN.fullmatch(argument)
    return (found[1], found[2] or "") if found else None


async def read_mail(reader: StreamReader, limit: int) -> bytes | None:
    """The mail up to the line with the lone dot, without the dots that its sender added (RFC 5321, 4.5.2).

    None where it has more than `limit` bytes: it is read to its end, and not kept.
    """
    content = bytearray(b"\r\n")
    kept = True
    while not content.endswith(b"\r\n" + _LONE_DOT):
        content += await _read_on(reader)
        if not kept or len(content) > limit + len(b"\r\n" + _LONE_DOT):
            # The end of it says whether the mail is over.
            kept, content = False, content[-len(b"\r\n" + _LONE_DOT) :]
    return bytes(content[: -len(_LONE_DOT)].replace(b"\r\n.", b"\r\n")[2:]) if kept else None


async def _read_on(reader: StreamReader) -> bytes:
    """To the next dot at the end of a line, or as much as is there of a long piece without one."""
    try:
        return await reader.readuntil(_LONE_DOT)
    except LimitOverrunError as error:
        return await reader.read(error.consumed)

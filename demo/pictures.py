"""Small real files as customers send them: JPEG photos, PNG screenshots, PDF receipts. Equal seeds give equal bytes."""

import random
import struct
import zlib
from collections.abc import Sequence

# The DC code of ITU-T T.81, table K.3: how many codes of each length, and the categories in that order.
DC_LENGTHS = (0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
DC_CATEGORIES = tuple(range(12))
QUANTISER = 8


def _dc_codes() -> dict[int, str]:
    codes, code, categories = {}, 0, iter(DC_CATEGORIES)
    for length, count in enumerate(DC_LENGTHS, start=1):
        for _ in range(count):
            codes[next(categories)] = f"{code:0{length}b}"
            code += 1
        code <<= 1
    return codes


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg(seed: int, columns: int = 20, rows: int = 15) -> bytes:
    """A grey photo of blocks of 8 × 8 pixels: every block one shade, as a very blurred picture has."""
    rng = random.Random(seed)
    codes, bits, before = _dc_codes(), [], 0
    edge, light = rng.randrange(2, columns - 2), rng.randrange(60, 180)
    for row in range(rows):
        for column in range(columns):
            shade = light + (35 if column > edge + row % 3 else -30) + rng.randrange(-18, 18)
            value = (shade - 128) * 8 // QUANTISER
            bits.append(_dc(value - before, codes) + "0")
            before = value
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
            _segment(0xDB, b"\x00" + bytes([QUANTISER]) * 64),
            _segment(0xC0, struct.pack(">BHHB", 8, rows * 8, columns * 8, 1) + b"\x01\x11\x00"),
            _segment(0xC4, b"\x00" + bytes(DC_LENGTHS) + bytes(DC_CATEGORIES)),
            # One AC code: "0" ends a block, since a block of one shade has nothing but its mean.
            _segment(0xC4, b"\x10\x01" + bytes(15) + b"\x00"),
            _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            _packed("".join(bits)),
            b"\xff\xd9",
        )
    )


def _dc(difference: int, codes: dict[int, str]) -> str:
    if difference == 0:
        return codes[0]
    size = abs(difference).bit_length()
    value = difference if difference > 0 else difference + (1 << size) - 1
    return codes[size] + f"{value:0{size}b}"


def _packed(bits: str) -> bytes:
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")


def png(seed: int, width: int = 120, height: int = 160) -> bytes:
    """A screenshot of an order: a head, and lines of text seen from far away."""
    rng = random.Random(seed)
    accent = bytes(rng.randrange(40, 220) for _ in range(3))
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        filled = rng.randrange(30, width - 10) if y > 30 and y % 12 in (3, 4, 5) else 0
        head = y < 22
        rows += (accent if head else b"\x60\x62\x68") * (width if head else filled)
        rows += b"\xfa\xfa\xfc" * (0 if head else width - filled)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(bytes(rows), 6)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def pdf(lines: Sequence[str]) -> bytes:
    """One page with these lines, Chinese too: the reader's own font is named, none is embedded."""
    shown = "".join(f"<{line.encode('utf-16-be').hex()}> Tj 0 -22 Td\n" for line in lines)
    content = f"BT /F1 14 Tf 60 780 Td\n{shown}ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>",
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start, size = len(out), len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    return bytes(out)

"""The files that claimants hand in are real ones of their kind."""

import random
import re
import struct
import zlib

import pytest

from demo.evidence import NAMES, evidence, kinds_for
from demo.pictures import jpeg, pdf, png
from demo.schedule import Timetable
from shared.contracts.interactions import ClaimKind, EvidenceKind

pytestmark = pytest.mark.req("CL-2")


def segments(data: bytes) -> dict[int, bytes]:
    """Marker → content of a JPEG's segments up to the scan."""
    found: dict[int, bytes] = {}
    at = 2
    while data[at + 1] != 0xDA:
        length = struct.unpack(">H", data[at + 2 : at + 4])[0]
        found.setdefault(data[at + 1], data[at + 4 : at + 2 + length])
        at += 2 + length
    return found


def test_a_jpeg_has_the_segments_of_a_baseline_picture() -> None:
    data = jpeg(5, columns=20, rows=15)
    assert data[:2] == b"\xff\xd8"
    assert data[-2:] == b"\xff\xd9"
    found = segments(data)
    assert set(found) == {0xE0, 0xDB, 0xC0, 0xC4}
    assert struct.unpack(">BHHB", found[0xC0][:6]) == (8, 120, 160, 1)
    scan = data[data.index(b"\xff\xda") + 10 : -2]
    assert not re.search(rb"\xff[^\x00]", scan), "a byte 0xFF inside the scan is stuffed"


def test_a_png_unpacks_to_its_size() -> None:
    data = png(9, width=120, height=160)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    length = struct.unpack(">I", data[33:37])[0]
    assert data[37:41] == b"IDAT"
    assert len(zlib.decompress(data[41 : 41 + length])) == 160 * (1 + 120 * 3)


def test_a_pdfs_table_points_at_its_objects() -> None:
    data = pdf(["电子发票", "￥199.00"])
    start = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    assert data[start:].startswith(b"xref")
    offsets = [int(line[:10]) for line in data[start:].splitlines()[3:9]]
    assert [data[o : o + 7] for o in offsets] == [b"%d 0 obj" % n for n in range(1, 7)]
    assert "电子发票".encode("utf-16-be").hex().encode() in data


def test_equal_seeds_give_equal_bytes_and_others_do_not() -> None:
    assert jpeg(3) == jpeg(3) != jpeg(4)
    assert png(3) == png(3) != png(4)


@pytest.mark.parametrize("kind", [kind.value for kind in EvidenceKind])
def test_each_kind_of_evidence_can_be_handed_in(kind: str, plan: Timetable) -> None:
    journey = plan.journeys[0]
    starts = {"image/jpeg": b"\xff\xd8", "image/png": b"\x89PNG", "application/pdf": b"%PDF"}
    for seed in range(12):
        (file,) = evidence(random.Random(seed), [kind], journey)
        assert file.content.startswith(starts[file.content_type])
        assert file.evidence == kind
        assert any(file.name.startswith(name) for name in NAMES[kind])


def test_each_kind_of_claim_has_evidence_of_its_own() -> None:
    known = {kind.value for kind in EvidenceKind}
    for claim in ClaimKind:
        given = {kind for seed in range(20) for kind in kinds_for(random.Random(seed), claim.value)}
        assert given <= known
        assert bool(given) == (claim is not ClaimKind.DELAY)

"""An answer in the customer's language: sentences with what is known of the parcel (RO-3). Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from string import Formatter
from zoneinfo import ZoneInfo

from services.routing.playbook import Book, Text
from services.routing.selfservice.table import Answer, SelfServiceRules
from shared.contracts.parcels import Node, Parcel, TrackPoint

ZONE = ZoneInfo("Asia/Shanghai")
VARIABLES = frozenset({"number", "node", "at", "place", "next", "promised", "expected"})
"""What a sentence may name: the parcel's number, where it is since when, what comes next, the promised time,
and our estimate where nothing was promised, or the carrier says otherwise by now."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def text_of(
    answer: Answer,
    rules: SelfServiceRules,
    language: str,
    parcel: Parcel | None = None,
    expected: datetime | None = None,
) -> str:
    """`expected`: when the parcel arrives, as far as that is known."""
    signed = parcel is not None and parcel.node is Node.SIGNED
    known = _facts(parcel, expected, rules.book, language) if parcel else {}
    said = _said(answer.signed if signed else answer.sentences, known, language)
    return "\n".join((*said, rules.closing[language]))


def is_late(parcel: Parcel, now: datetime) -> bool:
    """Not there at the promised time."""
    promised = parcel.shipment.promised_at if parcel.shipment else None
    return promised is not None and promised < now and parcel.node is not Node.SIGNED


def variables(sentence: str) -> frozenset[str]:
    """Raises ValueError where its braces are broken."""
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name is not None)


def _said(sentences: Sequence[Text], known: Mapping[str, str], language: str) -> Iterator[str]:
    for sentence in sentences:
        words = sentence[language]
        if all(known.get(name) for name in variables(words)):
            yield words.format_map(known)


def _facts(parcel: Parcel, expected: datetime | None, book: Book, language: str) -> dict[str, str]:
    latest = parcel.track[-1] if parcel.track else None
    promised = parcel.shipment.promised_at if parcel.shipment else None
    following = book.advice(parcel.node, "no_movement").next
    return {
        "number": parcel.tracking_number,
        "node": book.nodes[parcel.node][language],
        "at": local(latest.at, language) if latest else "",
        "place": _place(latest),
        "next": book.nodes[following][language] if following else "",
        "promised": local(promised, language) if promised else "",
        "expected": local(expected, language) if expected and expected != promised else "",
    }


def _place(latest: TrackPoint | None) -> str:
    return (latest.place or "") if latest else ""


def local(at: datetime, language: str) -> str:
    """11月24日 16:20, 24 Nov, 16:20 (Asia/Shanghai)."""
    here = at.astimezone(ZONE)
    clock = f"{here.hour:02d}:{here.minute:02d}"
    return (
        f"{here.day} {_MONTHS[here.month - 1]}, {clock}" if language == "en" else f"{here.month}月{here.day}日 {clock}"
    )

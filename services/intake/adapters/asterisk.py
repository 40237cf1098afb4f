"""Asterisk (IN-1): queue and CDR events of the manager interface, as text, signed by the relay that hands them on.

A queue says who waited, how long, and whether an agent took the call. A Hangup or a Cdr only says that a line is over,
of internal calls too: it names no caller, so it ends a call that a queue spoke of and is nothing by itself.
Source: https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Events/ (Asterisk 12 and later).
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from services.intake.adapters.ami import Block, blocks
from services.intake.adapters.edge import media_type
from services.intake.adapters.signed import verify_signature
from services.intake.adapters.stages import Said, accept_stages
from services.intake.credentials import Credentials
from services.intake.delivery import Accepted, Adapter, Delivery, FieldError, Reason, Rejected, Verified
from shared.contracts.calls import CallStep
from shared.security.identity import IdentityKey

MEDIA_TYPES = ("text/plain", "application/x-asterisk-ami")
MAX_BLOCKS = 1000
LONGEST_S = 86_400
UNKNOWN_NUMBER = frozenset({"", "<unknown>", "anonymous", "unknown"})
_UNIQUE_ID = re.compile(r"[\x21-\x7e]{1,150}")
_TIMESTAMP = re.compile(r"\d{9,10}(?:\.\d{1,6})?", re.ASCII)


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    if media_type(delivery.headers) not in MEDIA_TYPES:
        raise Rejected(Reason.MEDIA_TYPE, f"send {' or '.join(MEDIA_TYPES)}")
    return verify_signature(delivery, credentials)


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    found = list(blocks(_text(delivery)))
    if len(found) > MAX_BLOCKS:
        raise Rejected(Reason.INVALID, f"more than {MAX_BLOCKS} events in one delivery")
    said = [s for number, block in enumerate(found) if (s := said_of(block, number))]
    return accept_stages(delivery, verified.cause, said, identity, because="no event of a customer's call")


def _text(delivery: Delivery) -> str:
    try:
        return delivery.body.decode(delivery.gateway.charset or "utf-8")
    except (UnicodeError, LookupError):
        raise Rejected(Reason.MALFORMED, "the text is not in the gateway's charset (UTF-8 where none is set)") from None


def said_of(block: Block, number: int = 0) -> Said | None:
    """The stage that a block tells of; None for answers to commands and for events of no call of a customer.

    Raises `Rejected` where an event that matters has a field that can't be right.
    """
    tell = EVENTS.get(block.get("event", "").lower())
    if tell is None:
        return None
    call = block.get("linkedid") or block.get("uniqueid", "")
    if not _UNIQUE_ID.fullmatch(call):
        raise Rejected(Reason.INVALID, "an event needs Linkedid or Uniqueid", [_fault(number, "Linkedid")])
    digest = hashlib.sha256(repr(sorted(block.items())).encode("utf-8", "surrogatepass")).hexdigest()
    return tell(block, _Reader(block, number, call, digest))


class _Reader:
    """The fields of one event, checked."""

    def __init__(self, block: Block, number: int, call: str, digest: str) -> None:
        self._block = block
        self._number = number
        self.call = call
        self.cause = f"{call}/{digest}"

    def seconds(self, name: str) -> int | None:
        text = self._block.get(name, "")
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) < 8 and int(text) <= LONGEST_S):
            raise Rejected(Reason.INVALID, "a length in seconds is wrong", [_fault(self._number, name)])
        return int(text)

    @property
    def at(self) -> datetime | None:
        """There where manager.conf has timestampevents = yes."""
        text = self._block.get("timestamp", "")
        return datetime.fromtimestamp(float(text), UTC) if _TIMESTAMP.fullmatch(text) else None

    @property
    def caller(self) -> str:
        number = self._block.get("calleridnum", "")
        return "" if number.lower() in UNKNOWN_NUMBER else number[:64]


def _fault(number: int, name: str) -> FieldError:
    return FieldError(f"/{number}/{name}", "is missing or wrong")


def _joined(block: Block, r: _Reader) -> Said:
    return Said(r.call, CallStep.RINGING, r.cause, r.at, r.caller)


def _connected(block: Block, r: _Reader) -> Said:
    return Said(r.call, CallStep.ANSWERED, r.cause, r.at, r.caller, answered=True, wait_seconds=r.seconds("holdtime"))


def _completed(block: Block, r: _Reader) -> Said:
    """Handed on to a colleague, the call goes on."""
    step = CallStep.ROUTED if block.get("reason", "").lower() == "transfer" else CallStep.ENDED
    return Said(
        r.call,
        step,
        r.cause,
        r.at,
        r.caller,
        answered=True,
        wait_seconds=r.seconds("holdtime"),
        talk_seconds=r.seconds("talktime"),
    )


def _abandoned(block: Block, r: _Reader) -> Said:
    return Said(r.call, CallStep.ENDED, r.cause, r.at, r.caller, answered=False, wait_seconds=r.seconds("holdtime"))


def _hung_up(block: Block, r: _Reader) -> Said | None:
    """The caller's own line; those to agents come and go while it lasts."""
    own = block.get("uniqueid") == block.get("linkedid", block.get("uniqueid"))
    return Said(r.call, CallStep.ENDED, r.cause, r.at) if own else None


def _accounted(block: Block, r: _Reader) -> Said:
    """A queue picks up the line itself: neither the disposition nor the billed time says anything of a person."""
    return Said(r.call, CallStep.ENDED, r.cause, r.at, recording=_recording(block))


def _recording(block: Block) -> str | None:
    """The dialplan may put the recording's address into the CDR's user field."""
    url = block.get("userfield", "")
    return url if url.startswith(("http://", "https://")) and len(url) <= 2000 else None


EVENTS: Mapping[str, Callable[[Block, _Reader], Said | None]] = {
    "queuecallerjoin": _joined,
    "agentconnect": _connected,
    "agentcomplete": _completed,
    "queuecallerabandon": _abandoned,
    "hangup": _hung_up,
    "cdr": _accounted,
}
"""By the event's name in lower case."""


def concerns_us(found: Sequence[Block]) -> bool:
    """For a relay: whether any of the blocks is worth handing on."""
    return any(block.get("event", "").lower() in EVENTS for block in found)


ADAPTER = Adapter(verify, normalise)

"""The dead letters that wait for a person, counted from their compacted topic by a reader of our own."""

import re
from collections import Counter
from collections.abc import Mapping

from aiokafka import ConsumerRecord

from services.metrics.labels import label
from shared.contracts.topics import DEAD_LETTERS
from shared.kafka_security import PLAINTEXT, KafkaSecurity
from shared.messaging.following import Followed, follow
from shared.messaging.record import Malformed, read_headers

ERROR_NAME = re.compile(r"([A-Z]\w+): ", re.ASCII)
FIELD = re.compile(r"[\w.\[\]-]+: [a-z_]+", re.ASCII)


def reason_class(reason: str) -> str:
    """The kind of a dead letter's reason: a small closed set, and the names of exceptions."""
    if reason.startswith("header "):
        return "header"
    if reason.startswith("value is "):
        return "value"
    if named := ERROR_NAME.match(reason):
        return named[1]
    return "schema" if FIELD.match(reason) or reason == "no longer parses" else "other"


class DeadLetterBoard:
    """Which dead letters there are, by id. The topic is compacted, so reading it from the beginning is short."""

    def __init__(self) -> None:
        self._letters: dict[bytes, tuple[str, str]] = {}

    def apply(self, record: "ConsumerRecord[bytes, bytes]") -> None:
        """A letter with its group and reason; a null value removes it (replayed or dropped)."""
        key = record.key or b""
        if record.value is None:
            self._letters.pop(key, None)
            return
        headers = read_headers(record)
        if isinstance(headers, Malformed):
            # Original headers may be anything: ours alone are read.
            headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
        self._letters[key] = (label(headers.get("dl_group", "")), reason_class(headers.get("dl_reason", "")))

    def counts(self) -> Mapping[tuple[str, str], int]:
        """By group and class of reason."""
        return Counter(self._letters.values())


class DeadLetterReader:
    """Knows all dead letters, once it has read what there is."""

    def __init__(self, bootstrap: str, topic: str, security: KafkaSecurity = PLAINTEXT) -> None:
        self._source = Followed(bootstrap, topic, DEAD_LETTERS.max_record_bytes, security)
        self.board = DeadLetterBoard()

    async def follow(self) -> None:
        """Reads until it is cancelled; after a failure it is called again and reads from the beginning."""
        board = DeadLetterBoard()

        def show() -> None:
            self.board = board

        await follow(self._source, board.apply, show)

"""The dead letters that wait for a person, counted from their compacted topic by a reader of our own."""

import re
from collections import Counter
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from services.metrics.fold import label
from shared.contracts.topics import DEAD_LETTERS
from shared.kafka_security import PLAINTEXT, KafkaSecurity
from shared.messaging.record import Malformed, read_headers

WAIT_MS = 5000
"""How long Kafka may keep an idle reader waiting; a letter is handed out at once."""
FIRST_WAIT_MS = 500
"""After so long without a record the topic's end is reached."""
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
    """Follows the topic without a group: every process knows all dead letters, and none is committed."""

    def __init__(self, bootstrap: str, topic: str, security: KafkaSecurity = PLAINTEXT) -> None:
        self._bootstrap = bootstrap
        self._security = security
        self._topic = topic
        self.board = DeadLetterBoard()

    async def follow(self) -> None:
        """Reads until it is cancelled; after a failure it is called again and reads from the beginning."""
        consumer = AIOKafkaConsumer(
            self._topic,
            bootstrap_servers=self._bootstrap,
            **self._security.options(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=DEAD_LETTERS.max_record_bytes,
            fetch_max_wait_ms=WAIT_MS,
        )
        board = DeadLetterBoard()
        await consumer.start()
        try:
            while True:
                behind = self.board is not board
                records = await consumer.getmany(timeout_ms=FIRST_WAIT_MS if behind else WAIT_MS, max_records=2000)
                for of_partition in records.values():
                    for record in of_partition:
                        board.apply(record)
                if not records:
                    self.board = board
        finally:
            await consumer.stop()

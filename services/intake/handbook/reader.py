"""Keeps the shelf as the topic has it: every process reads the whole of it."""

import structlog
from aiokafka import ConsumerRecord

from services.intake.handbook.shelf import Shelf
from shared.contracts.playbook import TYPES
from shared.contracts.topics import PLAYBOOK
from shared.messaging.following import Followed, follow
from shared.messaging.message import Incoming
from shared.messaging.record import Malformed, cloud_event_parser
from shared.service import Runtime

log = structlog.get_logger()
READER = "intake-handbook"


class HandbookReader:
    def __init__(self, source: Followed, shelf: Shelf) -> None:
        self._source = source
        self._shelf = shelf
        self._parse = cloud_event_parser(TYPES, READER)

    async def follow(self) -> None:
        """Until it is cancelled; after a failure of Kafka it is called again, with the shelf as it was."""
        await follow(self._source, self.take)

    def take(self, record: "ConsumerRecord[bytes, bytes]") -> None:
        """A version that can't be read leaves the one before in its place."""
        match self._parse(record):
            case Incoming(event=event):
                self._shelf.put(event)
                log.info("handbook_read", language=event.language, version=event.version)
            case Malformed(reason):
                log.error("handbook_unreadable", offset=record.offset, reason=reason)


def join_handbook(runtime: Runtime) -> Shelf:
    """The shelf of this process, which fills as the topic is read."""
    shelf, settings = Shelf(), runtime.settings
    source = Followed(
        settings.kafka_bootstrap_servers,
        settings.topic_prefix + PLAYBOOK.name,
        PLAYBOOK.max_record_bytes,
        runtime.kafka_security,
    )
    runtime.every("handbook", 1.0, HandbookReader(source, shelf).follow, leader=False)
    return shelf

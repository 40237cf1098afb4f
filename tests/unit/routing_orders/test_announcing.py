"""The playbook as it is published: whole, in customers' words, once for each process that leads (RO-10)."""

from collections.abc import Sequence

import pytest

from services.routing.published.announcing import Announcer, announcements
from shared.contracts.parcels import Node
from shared.contracts.playbook import PlaybookPublished
from shared.contracts.topics import MAX_EVENT_BYTES
from shared.messaging.message import Outgoing
from shared.messaging.publisher import PublishFailed
from tests.unit.routing.builders import NOON
from tests.unit.routing_orders.test_playbook import BOOK

pytestmark = pytest.mark.req("RO-10")


def test_each_language_is_one_record_of_all_nodes_without_inner_steps() -> None:
    messages = list(announcements(BOOK, NOON))
    assert [m.key for m in messages] == ["zh", "en"]
    for message in messages:
        event = PlaybookPublished.model_validate_json(message.value)
        assert [node.node for node in event.nodes] == list(Node)
        assert len(message.value) < MAX_EVENT_BYTES // 10
    inner = BOOK.at(Node.HUB_IN)[0].steps["zh"][0]
    assert inner.encode() not in messages[0].value


def test_the_same_version_has_the_same_ids() -> None:
    first, again = ([m.id for m in announcements(BOOK, NOON)] for _ in range(2))
    assert first == again


class Kafka:
    """Away at first."""

    def __init__(self) -> None:
        self.asked = 0

    async def publish(self, messages: Sequence[Outgoing], partition: int | None = None) -> None:
        self.asked += 1
        if self.asked == 1:
            raise PublishFailed("away")


async def test_it_is_published_once_and_again_where_kafka_was_away() -> None:
    kafka = Kafka()
    announcer = Announcer(BOOK, kafka, lambda: NOON)  # type: ignore[arg-type]
    with pytest.raises(PublishFailed):
        await announcer.announce()
    for _ in range(3):
        await announcer.announce()
    assert kafka.asked == 2

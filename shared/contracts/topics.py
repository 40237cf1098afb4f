"""The one table of topics: key, partitions, retention and event types of each; `ensure` creates or checks them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.contracts import (
    calls,
    cases,
    claims,
    customers,
    incidents,
    interactions,
    media,
    notices,
    orders,
    parcels,
    playbook,
    pushes,
    surveys,
    training,
    work_orders,
)
from shared.contracts.base import Contract

DAY_MS = 24 * 3600 * 1000

MAX_RECORD_BYTES = 2 * 1024 * 1024
"""The broker's limit on one record, headers included."""

MAX_EVENT_BYTES = 1024 * 1024
"""What an event's value may measure; a larger one is a dead letter."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic. `retention_ms` -1 with `compact` keeps the last record of each key for good."""

    name: str
    key: str
    types: Mapping[str, type[Contract]] = field(default_factory=dict)
    partitions: int = 4
    retention_ms: int = 30 * DAY_MS
    compact: bool = False
    min_compaction_lag_ms: int = 0
    max_record_bytes: int = MAX_RECORD_BYTES

    @property
    def config(self) -> dict[str, str]:
        if self.compact:
            return {
                "cleanup.policy": "compact",
                "min.compaction.lag.ms": str(self.min_compaction_lag_ms),
                "max.message.bytes": str(self.max_record_bytes),
            }
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_record_bytes),
        }


GATEWAY_CONTACTS = Topic("gateway-contacts.v1", "gateway's choice", {}, retention_ms=7 * DAY_MS)
GATEWAY_PARCELS = Topic("gateway-parcels.v1", "tracking number", {}, retention_ms=7 * DAY_MS)
RAW = Topic("raw.v1", "interaction id", {}, retention_ms=7 * DAY_MS)
CALL_STAGES = Topic("call-stages.v1", "call id", calls.TYPES)
INTERACTIONS = Topic("interactions.v1", "customer id", interactions.TYPES)
CUSTOMERS = Topic("customers.v1", "customer id", customers.TYPES, retention_ms=-1)
MEDIA_REQUESTS = Topic("media-requests.v1", "interaction id", media.TYPES)
PARCEL_EVENTS = Topic("parcel-events.v1", "tracking number", parcels.SCAN_TYPES, retention_ms=7 * DAY_MS)
ORDER_EVENTS = Topic("order-events.v1", "order number", orders.TYPES, retention_ms=62 * DAY_MS)
"""Two calendar months: key accounts are counted again from it (RO-5)."""
PARCEL_EXCEPTIONS = Topic("parcel-exceptions.v1", "tracking number", parcels.EXCEPTION_TYPES)
PARCEL_STATE = Topic("parcel-state.v1", "tracking number", {}, compact=True, min_compaction_lag_ms=3600 * 1000)
CASES = Topic("cases.v1", "case id", cases.TYPES, retention_ms=-1)
WORK_ORDERS = Topic("work-orders.v1", "case id", work_orders.TYPES, retention_ms=-1)
INCIDENTS = Topic("incidents.v1", "incident id", incidents.TYPES, retention_ms=-1)
SURVEY_ANSWERS = Topic("survey-answers.v1", "case id", surveys.TYPES)
TRAINING = Topic("training.v1", "case id", training.TYPES, partitions=1, retention_ms=400 * DAY_MS)
CLAIMS = Topic("claims.v1", "claim id", claims.TYPES, retention_ms=-1)
PAYMENT_REQUESTS = Topic("payment-requests.v1", "claim id", claims.PAYMENT_TYPES)
NOTICE_REQUESTS = Topic("notice-requests.v1", "customer id", notices.REQUEST_TYPES)
NOTICES = Topic("notices.v1", "customer id", notices.TYPES)
PUSH_REQUESTS = Topic("push-requests.v1", "id of case, work order or incident", pushes.REQUEST_TYPES)
PUSHES = Topic("pushes.v1", "id of case, work order or incident", pushes.TYPES)
PLAYBOOK = Topic("playbook.v1", "language", playbook.TYPES, partitions=1, compact=True)
DEAD_LETTERS = Topic(
    "dead-letters.v1",
    "dead letter id",
    {},
    partitions=1,
    compact=True,
    max_record_bytes=MAX_RECORD_BYTES + 256 * 1024,
)

TOPICS: tuple[Topic, ...] = (
    GATEWAY_CONTACTS,
    GATEWAY_PARCELS,
    RAW,
    CALL_STAGES,
    INTERACTIONS,
    CUSTOMERS,
    MEDIA_REQUESTS,
    PARCEL_EVENTS,
    ORDER_EVENTS,
    PARCEL_EXCEPTIONS,
    PARCEL_STATE,
    CASES,
    WORK_ORDERS,
    INCIDENTS,
    SURVEY_ANSWERS,
    TRAINING,
    CLAIMS,
    PAYMENT_REQUESTS,
    NOTICE_REQUESTS,
    NOTICES,
    PUSH_REQUESTS,
    PUSHES,
    PLAYBOOK,
    DEAD_LETTERS,
)


class TopicMismatch(Exception):
    """A topic exists with other partitions than the table says: keys would move; migrate it by hand."""


async def ensure(
    bootstrap: str, prefix: str = "", replication: int = 1, options: Mapping[str, Any] | None = None
) -> list[str]:
    """Create what is missing, bring configs into line, and return the names that were created.

    `options` are the client's own, for a cluster that wants to know who comes. Raises `TopicMismatch` where the
    number of partitions differs.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **(options or {}))
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [t for t in TOPICS if prefix + t.name not in existing]
        if missing:
            await admin.create_topics(
                [NewTopic(prefix + t.name, t.partitions, replication, topic_configs=t.config) for t in missing]
            )
        await _check(admin, prefix, [t for t in TOPICS if t not in missing])
        return [t.name for t in missing]
    finally:
        await admin.close()


async def _check(admin: AIOKafkaAdminClient, prefix: str, topics: list[Topic]) -> None:
    if not topics:
        return
    described = await admin.describe_topics([prefix + t.name for t in topics])
    found = {d["topic"]: len(d["partitions"]) for d in described}
    for topic in topics:
        if found[prefix + topic.name] != topic.partitions:
            raise TopicMismatch(
                f"{prefix + topic.name}: {found[prefix + topic.name]} partitions, table says {topic.partitions}"
            )
    resources = [ConfigResource(ConfigResourceType.TOPIC, prefix + t.name, configs=t.config) for t in topics]
    await admin.alter_configs(resources)

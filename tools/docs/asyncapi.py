"""The AsyncAPI 3.0 document, from the table of topics and the pydantic models (SY-7)."""

from typing import Any

from pydantic.json_schema import models_json_schema

from shared.contracts.topics import Topic
from shared.messaging.deadletter import DEAD_LETTER
from tools.docs.flows import FLOWS, Flow
from tools.docs.portable import portable
from tools.docs.schemas import event_types
from tools.docs.version import VERSION

DESCRIPTION = (
    "Events are CloudEvents 1.0 in binary mode: attributes in Kafka headers, JSON in the value. Keys are opaque. "
    "The id of an event is derived from its cause, so a repeat has the same id and is dropped by every reader. "
    "Readers ignore unknown fields and skip unknown types."
)
HEADERS = {
    "type": "object",
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "description": "derived from the cause: the same cause, the same id"},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string", "description": "the service that wrote it"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {"type": "string", "description": "the record's key"},
        "content-type": {"const": "application/json"},
        "traceparent": {"type": "string", "description": "W3C trace context"},
    },
    "required": ["ce_id", "ce_type", "ce_time"],
}
DEAD_LETTER_HEADERS = {
    "type": "object",
    "properties": {
        "ce_id": {"type": "string"},
        "ce_type": {"const": DEAD_LETTER},
        "dl_group": {"type": "string", "description": "the consumer group that gave up"},
        "dl_reason": {"type": "string", "description": "fields and error types, never values"},
        "dl_topic": {"type": "string"},
        "dl_partition": {"type": "string"},
        "dl_offset": {"type": "string"},
        "dl_key": {"type": "string", "description": "the record's own key"},
        "dl_null_value": {"const": "1", "description": "the record's value was null"},
    },
    "patternProperties": {"^orig_": {"description": "the record's own headers"}},
}


def document() -> dict[str, Any]:
    models = event_types()
    _, definitions = models_json_schema(
        [(model, "validation") for model in models.values()], ref_template="#/components/schemas/{model}"
    )
    messages: dict[str, Any] = {
        name: {
            "name": name,
            "title": model.__name__,
            "summary": (model.__doc__ or "").strip().splitlines()[0],
            "contentType": "application/json",
            "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
            "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
        }
        for name, model in models.items()
    }
    messages |= {flow.topic.name: _opaque(flow) for flow in FLOWS if not flow.topic.types}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "ParcelCare", "version": VERSION, "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {_channel_id(flow.topic): _channel(flow) for flow in FLOWS},
        "operations": _operations(),
        "components": {
            "messages": messages,
            "schemas": {
                "CloudEventHeaders": HEADERS,
                "DeadLetterHeaders": DEAD_LETTER_HEADERS,
                **portable(definitions.get("$defs", {}), keep_discriminator=False),
            },
        },
    }


def _opaque(flow: Flow) -> dict[str, Any]:
    """A message whose value is not one of our contracts."""
    dead = flow.topic.name == "dead-letters.v1"
    headers = "DeadLetterHeaders" if dead else "CloudEventHeaders"
    return {
        "name": flow.topic.name,
        "title": flow.topic.name,
        "summary": flow.about,
        "contentType": "application/octet-stream",
        "headers": {"$ref": f"#/components/schemas/{headers}"},
        "payload": {"type": "string", "format": "binary"},
    }


def _channel_id(topic: Topic) -> str:
    return topic.name.replace(".", "_")


def _message_ids(topic: Topic) -> list[str]:
    return list(topic.types) or [topic.name]


def _channel(flow: Flow) -> dict[str, Any]:
    topic = flow.topic
    configuration: dict[str, Any] = {"cleanup.policy": ["compact" if topic.compact else "delete"]}
    if not topic.compact:
        configuration["retention.ms"] = topic.retention_ms
    configuration["max.message.bytes"] = topic.max_record_bytes
    return {
        "address": topic.name,
        "title": topic.name,
        "description": f"{flow.about} Key: {topic.key}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _message_ids(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": configuration,
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operations() -> dict[str, Any]:
    operations = {}
    for flow in FLOWS:
        for action, services in (("send", flow.writers), ("receive", flow.readers)):
            for service in services:
                channel = _channel_id(flow.topic)
                operations[f"{service}_{action}_{channel}"] = {
                    "action": action,
                    "title": f"{service} {'writes' if action == 'send' else 'reads'} {flow.topic.name}",
                    "channel": {"$ref": f"#/channels/{channel}"},
                    "tags": [{"name": service}],
                    "messages": [
                        {"$ref": f"#/channels/{channel}/messages/{name}"} for name in _message_ids(flow.topic)
                    ],
                }
    return operations

"""The JSON of a push: to a webhook receiver, and to the phone gateway. The same bytes for every try. Pure."""

import orjson

from shared.contracts.pushes import PushRequested


def to_receiver(push: PushRequested) -> bytes:
    """Standard Webhooks: type, timestamp, data. `facts` are the variables of the kind's text."""
    return orjson.dumps(
        {
            "type": f"push.{push.kind}",
            "timestamp": push.caused_at.isoformat(),
            "data": {
                "push_id": push.push_id,
                "kind": push.kind,
                "party": push.party,
                "person": push.person,
                "subject_id": push.subject_id,
                "subject_number": push.subject_number,
                "language": push.language,
                "subject": push.subject.reveal(),
                "text": push.text.reveal(),
                "facts": push.facts.reveal(),
            },
        }
    )


def to_phone(push: PushRequested, number: str) -> bytes:
    """An order to call `number` and say one line, or to send it as a text message; it names no customer."""
    return orjson.dumps(
        {
            "type": "voice.requested" if push.way == "phone" else "sms.requested",
            "timestamp": push.caused_at.isoformat(),
            "data": {
                "push_id": push.push_id,
                "to": number,
                "language": push.language,
                "say": push.subject.reveal(),
            },
        }
    )

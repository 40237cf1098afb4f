"""What a delivery means for its push: a receipt, the next way, or another try later (NO-7). Pure."""

from datetime import datetime, timedelta

from services.notify.delivery import Delayed, Delivery, Refused, Sent
from services.notify.internal.planning import SOURCE, push_id
from shared.contracts.pushes import PUSH_FAILED, PUSH_REQUESTED, PUSH_SENT, PushFailed, PushRequested, PushSent, Told
from shared.contracts.topics import PUSH_REQUESTS, PUSHES
from shared.messaging.message import Incoming, Outgoing, outgoing, result_of
from shared.messaging.outcome import Done, Outcome, Retry


def outcome_of(
    incoming: Incoming[PushRequested], delivery: Delivery | None, now: datetime, patience: timedelta
) -> Outcome:
    """A way that only delays is given up after `patience` where there is another; the last one is tried until the
    loop makes a dead letter of it. None: it was behind a delayed one, or too late."""
    push = incoming.event
    match delivery:
        case Sent(at):
            return Done((_result(incoming, PUSH_SENT, at, PushSent(sent_at=at, **_told(push))),))
        case Refused(at, reason):
            return _failed(incoming, reason, at)
        case Delayed(reason) if push.then and now - push.requested_at >= patience:
            return _failed(incoming, reason, now)
        case Delayed(reason):
            return Retry(reason)
        case _:
            return Retry("queued behind an earlier push")


def _failed(incoming: Incoming[PushRequested], reason: str, at: datetime) -> Done:
    push = incoming.event
    following = push.then[0] if push.then else None
    failed = PushFailed(reason=reason, next=following, failed_at=at, **_told(push))
    messages = [_result(incoming, PUSH_FAILED, at, failed)]
    if following is not None:
        messages.append(_next(incoming, at))
    return Done(tuple(messages))


def _next(incoming: Incoming[PushRequested], at: datetime) -> Outgoing:
    push = incoming.event
    way, *then = push.then
    changed = {"push_id": push_id(push.step, push.person, way), "way": way, "then": tuple(then), "requested_at": at}
    following = push.model_copy(update=changed)
    return outgoing(
        PUSH_REQUESTS,
        following,
        type=PUSH_REQUESTED,
        key=push.subject_id,
        cause=following.push_id,
        time=at,
        source=SOURCE,
        traceparent=incoming.traceparent,
    )


def _told(push: PushRequested) -> dict[str, object]:
    return {name: getattr(push, name) for name in Told.model_fields}


def _result(incoming: Incoming[PushRequested], event_type: str, at: datetime, event: PushSent | PushFailed) -> Outgoing:
    key = incoming.event.subject_id
    return result_of(incoming, PUSHES, event, type=event_type, key=key, time=at, source=SOURCE)

"""Intake that is killed in a chosen moment: DIE_AFTER=stored, once a file is in the store; DIE_AFTER=decided, when the
contact that names it is about to be published. Everything else is the service's own."""

import os
import signal
from collections.abc import Callable
from typing import Any

from services.intake.app import create_app
from services.intake.objects.store import ObjectStore
from services.intake.settings import Settings
from shared.contracts.topics import INTERACTIONS
from shared.messaging.message import Outgoing
from shared.messaging.publisher import Publisher
from shared.service import serve


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after_storing(put: Callable[..., Any]) -> Callable[..., Any]:
    async def dying(self: ObjectStore, *args: Any, **kwargs: Any) -> Any:
        await put(self, *args, **kwargs)
        die()

    return dying


def before_telling(publish: Callable[..., Any]) -> Callable[..., Any]:
    async def dying(self: Publisher, messages: list[Outgoing], *args: Any, **kwargs: Any) -> Any:
        if any(message.topic == INTERACTIONS.name for message in messages):
            die()
        return await publish(self, messages, *args, **kwargs)

    return dying


if __name__ == "__main__":
    if os.environ["DIE_AFTER"] == "stored":
        ObjectStore.put = after_storing(ObjectStore.put)  # type: ignore[method-assign]
    else:
        Publisher.publish = before_telling(Publisher.publish)  # type: ignore[method-assign]
    serve(create_app, Settings)

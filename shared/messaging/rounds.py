"""Work that comes round again and again: where somebody else wrote first, the next round finds what is left."""

from collections.abc import Awaitable, Callable

import structlog
from pymongo.errors import PyMongoError

from shared.messaging.handler import Conflict
from shared.mongo import is_conflict

log = structlog.get_logger()


async def unless_changed(step: Callable[[], Awaitable[None]], name: str) -> bool:
    """Whether the step was done; False: what it read was changed meanwhile. Raises whatever else befalls it."""
    try:
        await step()
    except Conflict:
        pass
    except PyMongoError as error:
        if not is_conflict(error):
            raise
    else:
        return True
    log.info("round_conflict", step=name)
    return False

"""A person's act as a transaction that is tried again while others write the same things."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog
from pymongo.errors import PyMongoError

from shared.messaging.handler import Conflict, Session
from shared.mongo import Database, Overrun, is_conflict, is_passing

ATTEMPTS = 6
PAUSE_S = 0.05

log = structlog.get_logger()
T = TypeVar("T")


class Unavailable(Exception):
    """The database did not take it in time: the same request may be sent again."""


async def attempt(
    database: Database,
    work: Callable[[Session], Coroutine[Any, Any, T]],
    concerning: str,
    attempts: int = ATTEMPTS,
    pause_s: float = PAUSE_S,
) -> T:
    """`work` must find its own earlier success, or refuse a version that is past: it is unknown whether a commit that
    failed succeeded. Raises `Unavailable`."""
    for number in range(attempts):
        try:
            return await database.transaction(work)
        except Conflict:
            log.info("act_conflict", concerning=concerning, attempt=number)
        except Overrun:
            log.warning("act_too_long", concerning=concerning, attempt=number)
        except PyMongoError as error:
            if not (is_conflict(error) or is_passing(error)):
                raise
            log.warning("act_retried", concerning=concerning, attempt=number, error=type(error).__name__)
        await asyncio.sleep(pause_s * 2**number)
    raise Unavailable

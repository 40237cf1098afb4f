"""A person's act as a transaction that is tried again while others write the same case."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog
from pymongo.errors import PyMongoError

from shared.messaging.handler import Conflict, Session
from shared.mongo import Database, is_conflict, is_passing

ATTEMPTS = 6
PAUSE_S = 0.05

log = structlog.get_logger()
T = TypeVar("T")


class Unavailable(Exception):
    """The database did not take it in time: the same request may be sent again."""


async def attempt(database: Database, work: Callable[[Session], Coroutine[Any, Any, T]], concerning: str) -> T:
    """`work` must find its own earlier success: it is unknown whether a commit that failed succeeded."""
    for number in range(ATTEMPTS):
        try:
            return await database.transaction(work)
        except Conflict:
            log.info("act_conflict", concerning=concerning, attempt=number)
        except PyMongoError as error:
            if not (is_conflict(error) or is_passing(error)):
                raise
            log.warning("act_retried", concerning=concerning, attempt=number, error=type(error).__name__)
        await asyncio.sleep(PAUSE_S * 2**number)
    raise Unavailable

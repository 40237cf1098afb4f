"""Acts over HTTP: what they answer, and a refusal as the problem that says why, in both languages."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel
from starlette.responses import Response

from services.routing.asked import KeyReused, StaleVersion, Unknown
from services.routing.refusals import ActRefused, NotAllowed
from shared.messaging.attempts import Unavailable
from shared.openapi import JSON
from shared.web import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Refusals:
    """How the refusals of one kind of thing read: title and detail of each problem."""

    unknown: tuple[str, str]
    changed: tuple[str, str]
    busy: str = "Send the same request again. 系统繁忙，请重试。"
    key_reused: tuple[str, str] = ("Idempotency-Key was used for another act", "Use a new key for a new act.")

    async def settled(self, act: Awaitable[T]) -> T:
        """What the act gives. Raises `Problem`."""
        try:
            return await act
        except Unknown as error:
            raise Problem(404, *self.unknown) from error
        except StaleVersion as error:
            raise Problem(412, *self.changed) from error
        except KeyReused as error:
            raise Problem(422, *self.key_reused) from error
        except Unavailable as error:
            raise Problem(503, "Busy", self.busy, {"Retry-After": "1"}) from error
        except ActRefused as refused:
            status, title = (403, "Not allowed") if isinstance(refused, NotAllowed) else (409, "Not possible now")
            raise Problem(status, title, refused.en, reason=refused.code, detail_zh=refused.zh) from refused


def document(model: BaseModel, version: int | None = None, status: int = 200) -> Response:
    """Nobody keeps it; with its version as its ETag, where it has one."""
    tag = {} if version is None else {"ETag": f'"{version}"'}
    body = model.model_dump_json(exclude_none=True)
    return Response(body, status, {**tag, "Cache-Control": "no-store"}, media_type=JSON)

"""What a move of a work order answers over HTTP: the order with its version, or the refusal with its reason."""

from collections.abc import Awaitable

from starlette.responses import Response

from services.routing.desk import StaleVersion, UnknownCase
from services.routing.refusals import ActRefused, NotAllowed
from services.routing.workorders.coordinator import UnknownOrder
from shared.contracts.work_orders import WorkOrder
from shared.messaging.attempts import Unavailable
from shared.openapi import JSON
from shared.web import Problem


async def settled(move: Awaitable[WorkOrder]) -> WorkOrder:
    """The order, or the `Problem` that says why not, in both languages."""
    try:
        return await move
    except (UnknownOrder, UnknownCase) as error:
        raise Problem(404, "No such case or work order", "工单或协作工单不存在。") from error
    except StaleVersion as error:
        raise Problem(412, "It has changed", "Read it again and decide again. 内容已变更，请刷新。") from error
    except Unavailable as error:
        raise Problem(503, "Busy", "Send the same request again. 系统繁忙，请重试。", {"Retry-After": "1"}) from error
    except ActRefused as refused:
        status, title = (403, "Not allowed") if isinstance(refused, NotAllowed) else (409, "Not possible now")
        raise Problem(status, title, refused.en, reason=refused.code, detail_zh=refused.zh) from refused


def order_response(order: WorkOrder, status: int = 200) -> Response:
    body = order.model_dump_json(exclude_none=True)
    return Response(body, status, {"ETag": f'"{order.version}"', "Cache-Control": "no-store"}, media_type=JSON)

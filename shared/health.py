"""Health and readiness: what a supervisor, a load balancer and a person are told."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shared.messaging.consume import LoopState

Check = Callable[[], Awaitable[None]]


def health_routes(loops: Sequence[LoopState], checks: dict[str, Check]) -> list[Route]:
    """/health/live: the process answers. /health/ready: every consumer reads, and every check passes."""

    async def live(request: Request) -> JSONResponse:
        return JSONResponse({"status": "live"})

    async def ready(request: Request) -> JSONResponse:
        parts: dict[str, Any] = {state.group: {"status": state.status, "detail": state.detail} for state in loops}
        good = all(state.healthy for state in loops)
        for name, check in checks.items():
            try:
                await check()
            except Exception as error:  # noqa: BLE001 whatever fails is what readiness reports
                good = False
                parts[name] = {"status": "failing", "detail": type(error).__name__}
            else:
                parts[name] = {"status": "ok", "detail": ""}
        return JSONResponse(
            {"status": "ready" if good else "not ready", "parts": parts}, status_code=200 if good else 503
        )

    return [Route("/health/live", live), Route("/health/ready", ready)]

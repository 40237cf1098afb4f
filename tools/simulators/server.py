"""How a simulator is served: one uvicorn, health endpoints, quiet logs, faults that can be changed meanwhile."""

from typing import TypeVar

import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.settings import CommonSettings
from tools.simulators.faults import Faults
from tools.simulators.problem import refuse

F = TypeVar("F", bound=Faults)


async def healthy(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


def application(routes: list[Route]) -> Starlette:
    health = [Route("/health/live", healthy), Route("/health/ready", healthy)]
    return Starlette(routes=[*routes, *health], exception_handlers={HTTPException: refuse})


def server(app: Starlette, settings: CommonSettings) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=60,
    )
    return uvicorn.Server(config)


def serve(app: Starlette, settings: CommonSettings) -> None:
    server(app, settings).run()


async def faults_from(request: Request, kind: type[F]) -> F:
    """The body of a PUT …/faults."""
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as wrong:
        raise HTTPException(400, f"Invalid faults: {wrong.errors(include_url=False)}") from wrong

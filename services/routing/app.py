"""The routing service: cases, and the state of parcels under way. Wires, and nothing else."""

from starlette.types import ASGIApp

from services.routing import wiring
from services.routing.parcels import wiring as parcels
from services.routing.settings import Settings
from shared.service import Runtime


def create_app(settings: Settings) -> ASGIApp:
    runtime = Runtime("routing", settings)
    wiring.attach(runtime, settings)
    parcels.attach(runtime, settings)
    return runtime.app()

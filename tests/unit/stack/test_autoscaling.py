"""The autoscaler watches the consumer groups that there are, each for the service that reads them (SY-8)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.claims import app as claims
from services.claims.settings import Settings as ClaimsSettings
from services.intake import app as intake
from services.intake.settings import Settings as IntakeSettings
from services.metrics import app as metrics
from services.metrics.settings import MetricsSettings
from services.notify import app as notify
from services.notify.settings import NotifySettings
from services.routing import app as routing
from services.routing.settings import Settings as RoutingSettings
from shared.service import Runtime
from tools.manifests import manifests
from tools.secret_files import ensure

SERVICES: dict[str, tuple[Any, Any]] = {
    "intake": (intake.create_app, IntakeSettings),
    "routing": (routing.create_app, RoutingSettings),
    "claims": (claims.create_app, ClaimsSettings),
    "notify": (notify.create_app, NotifySettings),
    "metrics": (metrics.create_app, MetricsSettings),
}


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Runtime]]:
    """The runtimes that services build, caught when they are asked for their app."""
    caught: list[Runtime] = []
    monkeypatch.setattr(Runtime, "app", lambda runtime: caught.append(runtime))
    yield caught
    for runtime in caught:
        runtime._client.close()


@pytest.mark.req("SY-8")
def test_the_autoscaler_watches_the_groups_that_the_services_have(built: list[Runtime], tmp_path: Path) -> None:
    ensure(tmp_path / "secrets")
    for name, (create_app, settings) in SERVICES.items():
        create_app(settings(secrets_dir=tmp_path / "secrets", state_dir=tmp_path / name))
    groups = {runtime.name: {state.group for state in runtime.consumers.states} for runtime in built}
    assert groups == scaled()


def scaled() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for _, manifest in manifests():
        if manifest["kind"] == "ScaledObject":
            triggers = [t["metadata"] for t in manifest["spec"]["triggers"] if t["type"] == "kafka"]
            found[manifest["metadata"]["name"]] = {trigger["consumerGroup"] for trigger in triggers}
    return found

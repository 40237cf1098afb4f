"""The Kubernetes manifests are right, and the check would notice if they were not."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tools.manifests import manifests, mistakes, pod_mistakes, schema_mistakes, unprotected_workloads

pytestmark = pytest.mark.req("SY-8")


def the(kind: str, name: str) -> dict[str, Any]:
    return deepcopy(next(dict(m) for _, m in manifests() if m["kind"] == kind and m["metadata"]["name"] == name))


def container(manifest: dict[str, Any]) -> dict[str, Any]:
    first: dict[str, Any] = manifest["spec"]["template"]["spec"]["containers"][0]
    return first


def test_the_manifests_are_right() -> None:
    assert list(mistakes()) == []


def test_all_five_services_are_there() -> None:
    services = {manifest["metadata"]["name"] for _, manifest in manifests() if manifest["kind"] == "Service"}
    assert services == {"intake", "routing", "claims", "notify", "metrics"}


SPOILED: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda m: container(m).pop("readinessProbe"), "readinessProbe"),
    (lambda m: container(m).pop("resources"), "memory limit"),
    (lambda m: container(m).pop("securityContext"), "privileges"),
    (lambda m: m["spec"]["template"]["spec"].pop("securityContext"), "root"),
]


@pytest.mark.parametrize(("spoil", "complaint"), SPOILED)
def test_a_careless_pod_is_noticed(spoil: Callable[[dict[str, Any]], object], complaint: str) -> None:
    manifest = the("Deployment", "claims")
    assert list(pod_mistakes(manifest)) == []
    spoil(manifest)
    assert complaint in " ".join(pod_mistakes(manifest))


def test_an_invalid_manifest_is_noticed() -> None:
    manifest = the("Deployment", "claims")
    manifest["spec"]["replicas"] = "two"
    assert list(schema_mistakes(manifest))


def test_a_workload_without_budget_or_autoscaler_is_noticed() -> None:
    complaints = list(unprotected_workloads([the("Deployment", "claims")]))
    assert complaints == ["Deployment claims has no PodDisruptionBudget", "Deployment claims has no ScaledObject"]

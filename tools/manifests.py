"""Checks deploy/k8s: Kubernetes' own schemas, and what our pods must have (probes, limits, no root)."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from kubernetes_validate.utils import ValidationError, validate

FOLDER = Path(__file__).resolve().parents[1] / "deploy" / "k8s"
KUBERNETES = "1.33"
# Not Kubernetes' own kinds: their schemas come with the operators that define them.
FOREIGN_GROUPS = ("keda.sh/", "kustomize.config.k8s.io/")
WORKLOADS = ("Deployment", "StatefulSet")
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")

Manifest = Mapping[str, Any]


def manifests() -> Iterator[tuple[str, Manifest]]:
    for file in sorted(FOLDER.glob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text("utf-8")):
            yield file.name, document


def schema_mistakes(manifest: Manifest) -> Iterator[str]:
    if manifest["apiVersion"].startswith(FOREIGN_GROUPS):
        return
    try:
        validate(dict(manifest), KUBERNETES, strict=True)
    except ValidationError as error:
        yield f"{'.'.join(map(str, error.path))}: {error.message}"


def pod_mistakes(manifest: Manifest) -> Iterator[str]:
    if manifest["kind"] not in (*WORKLOADS, "Job"):
        return
    pod = manifest["spec"]["template"]["spec"]
    if not pod.get("securityContext", {}).get("runAsNonRoot"):
        yield "may run as root"
    for container in pod["containers"]:
        if not container.get("resources", {}).get("limits", {}).get("memory"):
            yield f"container {container['name']} has no memory limit"
        if container.get("securityContext", {}).get("allowPrivilegeEscalation") is not False:
            yield f"container {container['name']} may gain privileges"
        missing = [probe for probe in PROBES if probe not in container]
        if missing and manifest["kind"] in WORKLOADS:
            yield f"container {container['name']} lacks {', '.join(missing)}"


def unprotected_workloads(all_manifests: list[Manifest]) -> Iterator[str]:
    """Every workload has a disruption budget and an autoscaler of its name."""
    named = {(manifest["kind"], manifest.get("metadata", {}).get("name")) for manifest in all_manifests}
    for kind, name in sorted((kind, name) for kind, name in named if kind in WORKLOADS):
        for guard in ("PodDisruptionBudget", "ScaledObject"):
            if (guard, name) not in named:
                yield f"{kind} {name} has no {guard}"


def mistakes() -> Iterator[str]:
    found = list(manifests())
    for file, manifest in found:
        name = manifest.get("metadata", {}).get("name", "")
        for mistake in (*schema_mistakes(manifest), *pod_mistakes(manifest)):
            yield f"{file}: {manifest['kind']} {name}: {mistake}"
    yield from unprotected_workloads([manifest for _, manifest in found])


if __name__ == "__main__":
    problems = list(mistakes())
    print("\n".join(problems) or "all manifests are right")
    sys.exit(bool(problems))

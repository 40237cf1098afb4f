"""The recording rules and alerts are what promtool says they are, and name series that exist (ME-2)."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry

from services.metrics.exporter import IndicatorCollector, Snapshot
from shared.messaging.loopmetrics import LoopMetrics
from tests.unit.metrics import events

pytestmark = pytest.mark.req("ME-2")

ROOT = Path(__file__).parents[3]
RULES = ROOT / "deploy" / "prometheus" / "rules"
OPERATIONS = ROOT / "docs" / "operations.md"
promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


@promtool
def test_rules_give_what_is_expected(tmp_path: Path) -> None:
    cases = Path(__file__).with_name("rules_test.yml").read_text().replace("RULES", str(RULES))
    (tmp_path / "rules_test.yml").write_text(cases)
    done = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "rules_test.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def exported() -> set[str]:
    """Names of all families that the metrics service and the consumer loop export."""
    registry = CollectorRegistry()
    LoopMetrics(registry)
    registry.register(IndicatorCollector(lambda: Snapshot(read_at=events.START, totals={}), lambda: events.START))
    names = set()
    for family in registry.collect():
        suffixes = {"counter": ("_total",), "histogram": ("_sum", "_count", "_bucket")}.get(family.type, ("",))
        names |= {family.name + suffix for suffix in suffixes}
    return names


def test_rules_read_series_that_are_exported_or_recorded() -> None:
    groups = [g for file in RULES.glob("*.yml") for g in yaml.safe_load(file.read_text())["groups"]]
    rules = [rule for group in groups for rule in group["rules"]]
    known = exported() | {rule["record"] for rule in rules if "record" in rule}
    for rule in rules:
        read = set(re.findall(r"\bparcelcare[_:][\w:]+", re.sub(r'"[^"]*"', "", rule["expr"])))
        assert read <= known, f"{rule.get('record') or rule.get('alert')} reads {read - known}"


def test_every_alert_has_its_chapter_in_both_languages() -> None:
    alerts = yaml.safe_load((RULES / "alerts.yml").read_text())["groups"]
    anchors = {
        re.sub(r"[^\w -]", "", line.lstrip("#").strip().lower()).replace(" ", "-")
        for line in OPERATIONS.read_text().splitlines()
        if line.startswith("#")
    }
    for rule in (rule for group in alerts for rule in group["rules"]):
        assert rule["labels"]["severity"] in {"yellow", "orange", "red"}
        assert re.search(r"[\u4e00-\u9fff]", rule["annotations"]["summary_zh"])
        assert rule["annotations"]["runbook"].partition("#")[2] in anchors, rule["alert"]

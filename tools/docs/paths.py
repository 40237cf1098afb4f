"""Where the generated documents and what they are made from stand."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ASYNCAPI = DOCS / "asyncapi.json"
SCHEMAS = DOCS / "schemas"
OPENAPI = DOCS / "openapi"
FEATURES = DOCS / "features.md"
REQUIREMENTS = DOCS / "requirements.yaml"
TESTS = ROOT / "tests"
SERVICES = ("intake", "routing", "claims", "notify", "metrics")

"""The OpenAPI document against the running service: no 5xx, and nothing that the document does not say (IN-8, SY-7)."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from requests.auth import AuthBase
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.intake.gateways import load
from shared.security.tokens import issue_local
from tests.integration.intake.harness import Bench
from tests.integration.intake.proofs import Signature
from tools.docs.openapi import document

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
PAST_THE_SIGNATURE = {200, 202, 400, 413, 415, 422}


@schemathesis.serializer("application/edifact")
def as_it_is(context: Any, value: Any) -> dict[str, Any]:
    return {"data": str(value).encode("utf-8", "replace")}


class Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


@dataclass
class Exploration:
    """What the service answered, by operation; and where that is not what its document says, the first answer."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)
    seen: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    faults: dict[str, str] = field(default_factory=dict)

    def all(self, proofs: Mapping[str, AuthBase]) -> None:
        """Every operation, with bodies that fit its schema and bodies that do not, signed by its gateway's rules."""
        with self.session:
            for result in schemathesis.openapi.from_dict(document("intake")).get_all_operations():
                operation = result.ok()
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    self.operation(
                        operation.as_strategy(generation_mode=mode), proofs.get(operation.path.split("/")[1])
                    )

    def operation(self, cases: SearchStrategy[Any], proof: AuthBase | None) -> None:
        @BOUNDED
        @given(case=cases)
        def run(case: Any) -> None:
            self.one(case, proof)

        # Where nothing is asked for, as at /health, nothing can be spoilt.
        with suppress(Unsatisfiable):
            run()

    def one(self, case: Any, proof: AuthBase | None) -> None:
        response = case.call(base_url=self.url, session=self.session, auth=proof, timeout=20)
        label = case.operation.label
        self.seen[label][response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as failures:
            said = "; ".join(str(failure) for failure in failures.exceptions)
            self.faults.setdefault(label, f"{response.status_code} {said} {response.content[:300]!r}")


def test_every_gateway_by_http_is_in_the_document() -> None:
    paths = {path for path in document("intake")["paths"] if path.startswith("/gateways/")}
    assert paths == set(load().by_path())


@pytest.mark.req("IN-8", "SY-7", "IN-1", "IN-2")
async def test_the_service_answers_as_its_document_says(bench: Bench) -> None:
    intake = await bench.intake()
    secrets = json.loads((bench.secrets / "gateways.json").read_text())
    token = issue_local(bench.secrets, "wang", ["archivist"])
    found = Exploration(intake.url)
    await asyncio.to_thread(found.all, {"gateways": Signature(secrets), "v1": Bearer(token)})
    assert found.faults == {}
    assert len(found.seen) == sum(len(operations) for operations in document("intake")["paths"].values())
    for operation, statuses in found.seen.items():
        if "/gateways/" in operation:
            assert set(statuses) & PAST_THE_SIGNATURE, f"{operation}: nothing came past the signature {statuses}"
    assert "request_failed" not in intake.log.read_text()

"""Trace contexts: made, kept, and never taken from a sender who writes them wrong (SY-6)."""

import subprocess
import sys

import pytest

from shared.messaging.deadletter import Origin
from shared.tracing import Tracing, new_traceparent, trace_id_of, traceparent_of_cause, well_formed

GIVEN = f"00-{'ab' * 16}-{'cd' * 8}-01"
OFF = Tracing("intake", "intake-0", None)


@pytest.mark.req("SY-6")
def test_contexts_of_ours_are_well_formed() -> None:
    for traceparent in (new_traceparent(), traceparent_of_cause("gateway/web/1"), OFF.begin(None), OFF.begin(GIVEN)):
        assert well_formed(traceparent) == traceparent
    assert new_traceparent() != new_traceparent()


@pytest.mark.req("SY-6")
def test_a_repeat_from_kafka_belongs_to_the_same_trace() -> None:
    assert traceparent_of_cause("gateway/web/1") == traceparent_of_cause("gateway/web/1")
    assert traceparent_of_cause("gateway/web/1") != traceparent_of_cause("gateway/web/2")


@pytest.mark.req("SY-6")
@pytest.mark.parametrize("wrong", ["", "00-1-2-01", GIVEN.upper(), GIVEN + "\n", f"00-{'0' * 32}-{'cd' * 8}-01", None])
def test_a_wrong_context_is_replaced_and_never_passed_on(wrong: str | None) -> None:
    assert well_formed(wrong) is None
    assert trace_id_of(wrong) is None
    assert OFF.begin(wrong) != wrong


@pytest.mark.req("SY-6")
def test_the_senders_trace_goes_on() -> None:
    assert trace_id_of(OFF.begin(GIVEN)) == "ab" * 16


@pytest.mark.req("SY-6")
def test_a_record_tells_its_trace_for_logs() -> None:
    def origin(*headers: tuple[str, bytes | None]) -> Origin:
        return Origin("cases.v1", 0, 7, b"k", b"v", headers)

    assert origin(("traceparent", GIVEN.encode())).trace_id == "ab" * 16
    assert origin(("traceparent", b"\xff\xfe")).trace_id is None
    assert origin(("traceparent", None)).trace_id is None
    assert origin().trace_id is None


@pytest.mark.req("SY-6")
def test_without_an_endpoint_the_sdk_is_not_even_imported() -> None:
    program = (
        "import sys; from shared.tracing import Tracing; t = Tracing('a', 'b', None);"
        "assert not t.enabled; t.entered('x', None, 'y', 0.0); t.stage('g', [], 0.0); t.shutdown();"
        "assert not [m for m in sys.modules if m.startswith('opentelemetry')]"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)

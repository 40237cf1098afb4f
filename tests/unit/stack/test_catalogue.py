"""Which processes a stack has, and what each is told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.clock import Clock
from tools.stack.catalogue import SERVICES, SIMULATORS, Plan, addresses, common_environment, planned, programs
from tools.stack.layout import Layout
from tools.stack.programs import Tier
from tools.stack.stack_file import ClockSetting

pytestmark = pytest.mark.req("SY-8")
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def make_plan(services: dict[str, int], clock: Clock | None = None, extra: dict[str, str] | None = None) -> Plan:
    return Plan(Layout(Path("/state")), services, True, ClockSetting.of(clock or Clock()), extra or {})


def ports_of(plan: Plan) -> dict[str, int]:
    return {name: 20_000 + number for number, name in enumerate(plan.port_names)}


def test_all_five_services_run_once_unless_scaled() -> None:
    assert planned(True, {"routing": 2}) == {"intake": 1, "routing": 2, "claims": 1, "notify": 1, "metrics": 1}
    assert planned(["claims"], {}) == {"claims": 1}
    assert planned(False, {}) == {}


@pytest.mark.parametrize(("services", "scale"), [(["billing"], {}), (True, {"billing": 2})])
def test_an_unknown_service_is_named(services: bool | list[str], scale: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="billing"):
        planned(services, scale)


def test_every_copy_has_its_own_name_port_and_state() -> None:
    plan = make_plan({"routing": 2, "intake": 2})
    told = {program.name: program.environment for program in programs(plan, ports_of(plan))}
    copies = [told[name] for name in ("routing-0", "routing-1", "intake-0", "intake-1")]
    for variable in ("INSTANCE", "HTTP_PORT", "STATE_DIR"):
        assert len({copy[variable] for copy in copies}) == 4
    assert told["intake-0"]["SMTP_PORT"] != told["intake-1"]["SMTP_PORT"]
    assert "SMTP_PORT" not in told["routing-0"]


def test_simulators_start_before_the_services_that_call_them() -> None:
    plan = make_plan(dict.fromkeys(SERVICES, 1))
    started = programs(plan, ports_of(plan))
    assert [program.name for program in started][: len(SIMULATORS)] == list(SIMULATORS)
    assert [program.tier for program in started] == sorted(program.tier for program in started)
    assert {program.tier for program in started} == {Tier.SIMULATORS, Tier.SERVICES}


def test_all_processes_share_the_clock_and_the_addresses() -> None:
    plan = make_plan(dict.fromkeys(SERVICES, 1), Clock(NOON, NOON, 288.0), {"LOG_LEVEL": "DEBUG"})
    ports = ports_of(plan)
    told = common_environment(plan, addresses(plan, ports, "k:1", "mongodb://m"))
    assert told["KAFKA_BOOTSTRAP_SERVERS"] == "k:1"
    assert told["MONGO_URL"] == "mongodb://m"
    assert (told["CLOCK_RATE"], told["CLOCK_ANCHOR_REAL"]) == ("288.0", "2026-03-02T04:00:00+00:00")
    assert told["PUBLIC_URL"] == f"http://127.0.0.1:{ports['notify-0']}"
    assert told["PAYMENT_URL"] == f"http://127.0.0.1:{ports['payment']}"
    assert told["MAIL_PORT"] == str(ports["mailcatcher-smtp"])
    assert told["LOG_LEVEL"] == "DEBUG"


def test_the_real_clock_has_no_anchors() -> None:
    plan = make_plan({"intake": 1})
    told = common_environment(plan, addresses(plan, ports_of(plan), "k", "m"))
    assert not [name for name in told if name.startswith("CLOCK_ANCHOR")]


def test_the_stack_file_names_every_door() -> None:
    plan = make_plan(dict.fromkeys(SERVICES, 1))
    ports = ports_of(plan)
    info = addresses(plan, ports, "k", "m")
    assert info.smtp
    assert info.mail_catcher
    assert info.smtp.port == ports["intake-0-smtp"]
    assert info.mail_catcher.smtp_port == ports["mailcatcher-smtp"]
    assert info.url("routing") == f"http://127.0.0.1:{ports['routing-0']}"
    assert type(info).model_validate_json(info.model_dump_json()) == info

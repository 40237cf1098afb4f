"""Faults come with their probability, and the same again for the same seed."""

import pytest

from tools.simulators.dice import draw, pick
from tools.simulators.faults import MailFaults, PaymentFaults, PayoutFaults, WebhookFaults


def test_a_share_is_met_in_the_long_run() -> None:
    faults = PaymentFaults(timeout_after_paying=0.2, server_error=0.1)
    drawn = [faults.drawn(f"claim-{number}", "1") for number in range(5_000)]
    assert drawn.count("timeout_after_paying") == pytest.approx(1_000, rel=0.15)
    assert drawn.count("server_error") == pytest.approx(500, rel=0.2)
    assert {*drawn} == {"timeout_after_paying", "server_error", None}


def test_the_seed_alone_decides() -> None:
    runs = [[MailFaults(seed=seed, refuse=0.5).drawn(str(n)) for n in range(50)] for seed in (1, 1, 2)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_parts_of_a_key_do_not_run_together() -> None:
    assert draw(1, "ab", "c") != draw(1, "a", "bc")


@pytest.mark.parametrize(("number", "fault"), [(0.0, "a"), (0.29, "a"), (0.3, "b"), (0.49, "b"), (0.5, None)])
def test_shares_follow_one_another(number: float, fault: str | None) -> None:
    assert pick(number, {"a": 0.3, "b": 0.2}) == fault


@pytest.mark.parametrize("kind", [PaymentFaults, PayoutFaults, MailFaults, WebhookFaults])
def test_no_faults_unless_asked_for(kind: type[PaymentFaults]) -> None:
    assert {kind().drawn(str(number)) for number in range(200)} == {None}


@pytest.mark.parametrize("shares", [{"refuse": 0.7, "slow": 0.7}, {"refuse": -0.1}, {"refus": 0.1}])
def test_impossible_faults_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"refus|more than 1"):
        MailFaults.model_validate(shares)

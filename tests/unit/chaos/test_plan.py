"""The sequence of strikes: everybody is hit, seeded, spread over the load."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.chaos.plan import QUIET_AT_THE_ENDS_S, Blow, strikes

INSTANCES = [f"{name}-{n}" for name in ("intake", "routing", "claims", "notify", "metrics") for n in (0, 1)]
GROUND = ("kafka", "mongod")


@pytest.mark.req("SY-2")
@given(seed=st.integers(0, 10_000), kills=st.integers(10, 40))
def test_every_instance_and_the_infrastructure_are_killed(seed: int, kills: int) -> None:
    plan = strikes(seed, 90, kills, INSTANCES, GROUND, 2)
    killed = [strike.program for strike in plan if strike.blow is Blow.KILL]
    assert len(killed) == kills + 2
    assert set(killed) == {*INSTANCES, *GROUND}
    assert [killed.count(program) for program in GROUND] == [1, 1]


@given(seed=st.integers(0, 10_000))
def test_the_frozen_ones_are_of_two_services(seed: int) -> None:
    plan = strikes(seed, 90, 20, INSTANCES, GROUND, 2)
    frozen = [strike.program for strike in plan if strike.blow is Blow.FREEZE]
    assert len({program.rpartition("-")[0] for program in frozen}) == 2


@given(seed=st.integers(0, 10_000))
def test_moments_rise_within_the_load(seed: int) -> None:
    moments = [strike.at_s for strike in strikes(seed, 90, 20, INSTANCES, GROUND, 2)]
    assert moments == sorted(moments)
    assert moments[0] >= QUIET_AT_THE_ENDS_S
    assert moments[-1] <= 90 - QUIET_AT_THE_ENDS_S


@given(seed=st.integers(0, 10_000))
def test_no_service_instance_is_killed_twice_in_a_row(seed: int) -> None:
    killed = [s.program for s in strikes(seed, 90, 40, INSTANCES, (), 0)]
    assert all(one != other for one, other in pairwise(killed))


def test_the_same_seed_gives_the_same_sequence() -> None:
    plan = strikes(7, 90, 20, INSTANCES, GROUND, 2)
    assert plan == strikes(7, 90, 20, INSTANCES, GROUND, 2)
    assert plan != strikes(8, 90, 20, INSTANCES, GROUND, 2)


def test_fewer_kills_than_processes_are_refused() -> None:
    with pytest.raises(ValueError, match="10 instances"):
        strikes(7, 90, 9, INSTANCES, GROUND, 2)
